package com.fnproject.lb.testbed.model;

/**
 * Something that happens at one moment of an {@link EventQueue}. An event is queued at most once at
 * a time; it carries its own place in the queue, so queueing allocates nothing.
 */
public abstract class Event {
  long atNanos;
  long sequence;
  int heapIndex = EventQueue.NOT_QUEUED;

  protected Event() {}

  /** Whether this event waits in a queue. */
  public final boolean queued() {
    return heapIndex != EventQueue.NOT_QUEUED;
  }

  /**
   * Does what was planned. Called by the thread that runs the queue.
   *
   * @param nowNanos the moment this event was planned for, which a late wall clock may already have
   *     passed
   */
  protected abstract void fire(long nowNanos);
}
