package com.fnproject.lb.testbed.model;

import org.jspecify.annotations.Nullable;

/**
 * One hot container. As an event it is whatever it waits for: the end of its pull, start, run, idle
 * time or removal; it waits for one of these at a time.
 */
public final class Container extends Event {
  enum Phase {
    PULL,
    START,
    IDLE,
    BUSY,
    EVICTED,
    GONE
  }

  final FunctionPool pool;
  final long number;
  Phase phase = Phase.PULL;
  long phaseSinceNanos;
  boolean used;

  /** The call that runs here, or the one whose waiting caused the start. */
  @Nullable Call call;

  CallEnd failure = CallEnd.ANSWERED;

  /** Neighbours in the pool's stack of idle containers. */
  @Nullable Container above;

  @Nullable Container below;

  /** Neighbours in the node's list by creation. */
  @Nullable Container older;

  @Nullable Container newer;

  /** The limit on a start or a run; queued only where it may matter. */
  final Event deadline =
      new Event() {
        @Override
        protected void fire(long nowNanos) {
          pool.overdue(Container.this, nowNanos);
        }
      };

  Container(FunctionPool pool, long number, @Nullable Call cause, long nowNanos) {
    this.pool = pool;
    this.number = number;
    this.call = cause;
    this.phaseSinceNanos = nowNanos;
  }

  /** Counts the containers of a node from 1, in the order of their creation. */
  public long number() {
    return number;
  }

  @Override
  protected void fire(long nowNanos) {
    switch (phase) {
      case PULL -> pool.pulled(this, nowNanos);
      case START -> pool.startDone(this, nowNanos);
      case BUSY -> pool.runDone(this, nowNanos);
      case IDLE, EVICTED -> pool.remove(this, nowNanos);
      case GONE -> {}
    }
  }
}
