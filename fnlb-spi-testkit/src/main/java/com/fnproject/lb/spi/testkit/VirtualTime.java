package com.fnproject.lb.spi.testkit;

import java.util.PriorityQueue;

/** An agenda that jumps from task to task. Belongs to one thread. */
public final class VirtualTime implements Agenda {

  private final PriorityQueue<Entry> entries = new PriorityQueue<>();
  private long now;
  private long planned;

  /** Starts at 0. */
  public VirtualTime() {}

  @Override
  public long nowNanos() {
    return now;
  }

  @Override
  public void at(long nanos, Runnable task) {
    entries.add(new Entry(Math.max(now, nanos), planned++, task));
  }

  /**
   * Runs tasks until none is left; for ever if tasks go on planning tasks.
   *
   * @return how many ran
   */
  public long run() {
    long ran = 0;
    for (Entry next = entries.poll(); next != null; next = entries.poll()) {
      now = next.nanos;
      next.task.run();
      ran++;
    }
    return ran;
  }

  /**
   * Runs the tasks up to a moment, which then is the time.
   *
   * @param nanos the moment, the tasks of which run as well; not before {@link #nowNanos()}
   * @return how many ran
   */
  public long runUntil(long nanos) {
    if (nanos < now) {
      throw new IllegalArgumentException(nanos + " (expected: " + now + " or later)");
    }
    long ran = 0;
    for (Entry next = entries.peek(); next != null && next.nanos <= nanos; next = entries.peek()) {
      entries.remove();
      now = next.nanos;
      next.task.run();
      ran++;
    }
    now = nanos;
    return ran;
  }

  private record Entry(long nanos, long sequence, Runnable task) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      return nanos != other.nanos
          ? Long.compare(nanos, other.nanos)
          : Long.compare(sequence, other.sequence);
    }
  }
}
