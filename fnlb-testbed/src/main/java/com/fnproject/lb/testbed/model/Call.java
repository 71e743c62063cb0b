package com.fnproject.lb.testbed.model;

import org.jspecify.annotations.Nullable;

/**
 * One call at one node. The object may be submitted again once it has ended, so a simulation need
 * not allocate one per call. As an event it is the call's own poll of the launcher while it waits.
 */
public abstract class Call extends Event {
  static final int NOT_WAITING = -1;

  @Nullable FunctionPool pool;
  @Nullable Container container;
  long submittedNanos;
  long startedNanos;
  long runNanos;
  int waiterIndex = NOT_WAITING;

  protected Call() {}

  /**
   * A container has taken the call. Called under the node's lock; must not block.
   *
   * @param cold whether the container had never served a call before
   */
  protected void started(Container container, boolean cold, long nowNanos) {}

  /**
   * The call is over; called exactly once per submission, under the node's lock; must not block.
   */
  protected abstract void ended(CallEnd end, long nowNanos);

  /**
   * How the call ends when it has run its time: {@link CallEnd#ANSWERED}, or {@link CallEnd#DIED}.
   */
  protected CallEnd plannedEnd() {
    return CallEnd.ANSWERED;
  }

  /** When the call came to the node. */
  public final long submittedNanos() {
    return submittedNanos;
  }

  /** When a container took the call; meaningful once {@link #started} was called. */
  public final long startedNanos() {
    return startedNanos;
  }

  final boolean waiting() {
    return waiterIndex != NOT_WAITING;
  }

  @Override
  protected final void fire(long nowNanos) {
    if (pool != null) {
      pool.poll(this, nowNanos);
    }
  }
}
