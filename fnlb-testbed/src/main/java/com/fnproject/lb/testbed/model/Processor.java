package com.fnproject.lb.testbed.model;

import org.jspecify.annotations.Nullable;

/**
 * Cores shared evenly by all containers that work at the moment: exact processor sharing. Work is
 * queued by the moment of a virtual time at which it is done; that time passes at {@code min(1,
 * cores / working)} of the queue's, so joining and leaving cost O(log n) and nobody else's work is
 * touched.
 */
final class Processor extends Event {
  private final EventQueue queue;
  private final double cores;
  private final EventQueue work = new EventQueue();
  private double virtualNanos;
  private long updatedNanos;

  Processor(EventQueue queue, double cores) {
    this.queue = queue;
    this.cores = cores;
  }

  /** Fires the event once it has had this much of a whole core. */
  void add(Event event, double nanos, long nowNanos) {
    advance(nowNanos);
    work.schedule(event, (long) Math.ceil(virtualNanos + nanos));
    plan(nowNanos);
  }

  void remove(Event event, long nowNanos) {
    advance(nowNanos);
    work.cancel(event);
    plan(nowNanos);
  }

  @Override
  protected void fire(long nowNanos) {
    advance(nowNanos);
    while (work.nextNanos() <= virtualNanos + 1) {
      @Nullable Event done = work.poll();
      if (done == null) {
        break;
      }
      done.fire(nowNanos);
    }
    plan(nowNanos);
  }

  private void advance(long nowNanos) {
    virtualNanos += (nowNanos - updatedNanos) * rate();
    updatedNanos = nowNanos;
  }

  private void plan(long nowNanos) {
    if (work.size() == 0) {
      queue.cancel(this);
      return;
    }
    double left = Math.max(0, work.nextNanos() - virtualNanos);
    queue.schedule(this, nowNanos + (long) Math.ceil(left / rate()));
  }

  private double rate() {
    return Math.min(1, cores / Math.max(1, work.size()));
  }
}
