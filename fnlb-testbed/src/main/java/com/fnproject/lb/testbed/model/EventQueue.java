package com.fnproject.lb.testbed.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Events in the order of their time, first come first for equal times: a binary heap whose entries
 * know their place, so that taking one out or moving it costs O(log n). One queue may serve any
 * number of nodes.
 *
 * <p>Not thread-safe: whoever drives it (a simulation's loop, or a node under its lock) is alone
 * with it.
 */
public final class EventQueue {
  /** What {@link #nextNanos()} says of an empty queue. */
  public static final long NEVER = Long.MAX_VALUE;

  static final int NOT_QUEUED = -1;

  private @Nullable Event[] heap = new @Nullable Event[64];
  private int size;
  private long sequence;

  public EventQueue() {}

  /** Queues the event, or moves it when it is queued already. */
  public void schedule(Event event, long atNanos) {
    event.sequence = sequence++;
    if (event.heapIndex != NOT_QUEUED) {
      event.atNanos = atNanos;
      siftDown(siftUp(event.heapIndex));
      return;
    }
    event.atNanos = atNanos;
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size * 2);
    }
    place(event, size++);
    siftUp(size - 1);
  }

  /** Takes the event out; nothing happens when it is not queued. */
  public void cancel(Event event) {
    int index = event.heapIndex;
    if (index == NOT_QUEUED) {
      return;
    }
    event.heapIndex = NOT_QUEUED;
    Event last = heap[--size];
    heap[size] = null;
    if (index == size) {
      return;
    }
    place(last, index);
    siftDown(siftUp(index));
  }

  /** The time of the next event, {@link #NEVER} when there is none. */
  public long nextNanos() {
    return size == 0 ? NEVER : heap[0].atNanos;
  }

  public int size() {
    return size;
  }

  /** Runs the next event and answers its time; {@link #NEVER} when there was none. */
  public long runNext() {
    if (size == 0) {
      return NEVER;
    }
    Event event = heap[0];
    long atNanos = event.atNanos; // the event may queue itself again
    cancel(event);
    event.fire(atNanos);
    return atNanos;
  }

  /**
   * Runs everything planned up to and including this moment, also what is added for it meanwhile.
   */
  public void runUntil(long nowNanos) {
    while (size > 0 && heap[0].atNanos <= nowNanos) {
      Event event = heap[0];
      cancel(event);
      event.fire(event.atNanos);
    }
  }

  /** Takes the next event out without running it; null when there is none. */
  @Nullable Event poll() {
    if (size == 0) {
      return null;
    }
    Event event = heap[0];
    cancel(event);
    return event;
  }

  private int siftUp(int from) {
    int index = from;
    Event event = heap[index];
    while (index > 0) {
      int parent = (index - 1) >>> 1;
      if (!before(event, heap[parent])) {
        break;
      }
      place(heap[parent], index);
      index = parent;
    }
    place(event, index);
    return index;
  }

  private void siftDown(int from) {
    int index = from;
    Event event = heap[index];
    for (int child = 2 * index + 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && before(heap[child + 1], heap[child])) {
        child++;
      }
      if (!before(heap[child], event)) {
        break;
      }
      place(heap[child], index);
      index = child;
    }
    place(event, index);
  }

  private void place(Event event, int index) {
    heap[index] = event;
    event.heapIndex = index;
  }

  private static boolean before(Event a, Event b) {
    return a.atNanos < b.atNanos || (a.atNanos == b.atNanos && a.sequence < b.sequence);
  }
}
