package com.fnproject.lb.spi.testkit;

/** Virtual time: what the time is, and what is to be done when. Belongs to one thread. */
public interface Agenda {

  /**
   * The virtual time, which moves only between tasks.
   *
   * @return nanoseconds; only differences mean anything
   */
  long nowNanos();

  /**
   * Plans a task. Tasks of one moment run in the order in which they were planned.
   *
   * @param nanos when, on the clock of {@link #nowNanos()}; a moment that has passed counts as now,
   *     and even then the task does not run before this method has returned
   * @param task what to do
   */
  void at(long nanos, Runnable task);
}
