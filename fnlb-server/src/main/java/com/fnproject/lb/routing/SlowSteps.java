package com.fnproject.lb.routing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.atomic.LongAdder;

/**
 * Judges whether the policy is too slow for the request path, from how long its steps (picks and
 * results) take. Thread-safe; takes a lock in slow steps only.
 *
 * <p>A step is slow by the policy's fault or by the machine's: a collection or a processor taken
 * away stops whatever step is under way. So slow steps count as one strike when they end together,
 * which is what all those do that one pause has stopped; and strikes only count when a good share
 * of all steps is slow, which pauses cannot bring about, as they stop the calls between their steps
 * as well. The time in which strikes must come is counted less the slow steps themselves: a policy
 * that takes seconds is no better for it.
 */
final class SlowSteps {

  /** A pick should take a microsecond; a call notices this. */
  static final long SLOW_NANOS = 10_000_000L;

  /** So many strikes are no accident any more. */
  static final int STRIKES = 5;

  /** Within this time. */
  static final long WINDOW_NANOS = 10_000_000_000L;

  /** One step in so many must be slow. */
  static final int SHARE = 10;

  private final LongAdder steps = new LongAdder();

  @GuardedBy("this")
  private final long[] endedNanos = new long[STRIKES];

  @GuardedBy("this")
  private final long[] stepsBefore = new long[STRIKES];

  @GuardedBy("this")
  private final long[] slowBefore = new long[STRIKES];

  /** Time in slow steps, up to each strike. */
  @GuardedBy("this")
  private final long[] slowNanosUntil = new long[STRIKES];

  @GuardedBy("this")
  private int strikes;

  @GuardedBy("this")
  private long slow;

  @GuardedBy("this")
  private long slowNanos;

  /**
   * A step is over.
   *
   * @return whether it was the one too much; the count begins anew then
   */
  boolean tooMany(long began, long ended) {
    steps.increment();
    return ended - began > SLOW_NANOS && slow(began, ended);
  }

  private synchronized boolean slow(long began, long ended) {
    slow++;
    slowNanos += ended - began;
    if (strikes > 0 && ended - endedNanos[(strikes - 1) % STRIKES] < SLOW_NANOS) {
      return false;
    }
    int oldest = (strikes + 1) % STRIKES;
    int newest = strikes % STRIKES;
    endedNanos[newest] = ended;
    stepsBefore[newest] = steps.sum() - 1;
    slowBefore[newest] = slow - 1;
    slowNanosUntil[newest] = slowNanos;
    strikes++;
    if (strikes < STRIKES
        || ended - endedNanos[oldest] - (slowNanos - slowNanosUntil[oldest]) > WINDOW_NANOS
        || (slow - slowBefore[oldest]) * SHARE < steps.sum() - stepsBefore[oldest]) {
      return false;
    }
    strikes = 0;
    return true;
  }
}
