package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingResult;

/**
 * How an attempt ended.
 *
 * @param outcome what happened
 * @param status the answer's status, 0 for none
 * @param nowNanos when it ended
 * @param latencyNanos since the selection of the node
 * @param waitNanos as told by the node, -1 for nothing
 * @param retryAfterNanos as told by the node, -1 for nothing
 */
public record AttemptResult(
    Outcome outcome,
    int status,
    long nowNanos,
    long latencyNanos,
    long waitNanos,
    long retryAfterNanos)
    implements RoutingResult {

  /** A call that ran at once, at time 0. */
  public static final AttemptResult RAN = of(Outcome.RAN);

  /**
   * What the server would report of an attempt at time 0, with a usual status and without a wait.
   *
   * @param outcome what happened
   * @return the result
   */
  public static AttemptResult of(Outcome outcome) {
    return new AttemptResult(outcome, usualStatus(outcome), 0, 0, -1, -1);
  }

  /**
   * A call that ran after waiting on the node, at time 0.
   *
   * @param nanos how long it waited, by the node's own word
   * @return the result
   */
  public static AttemptResult waited(long nanos) {
    return new AttemptResult(Outcome.RAN, 200, 0, nanos, nanos, -1);
  }

  /**
   * The same at another time.
   *
   * @param nanos when the attempt ended
   * @return a copy
   */
  public AttemptResult at(long nanos) {
    return new AttemptResult(outcome, status, nanos, latencyNanos, waitNanos, retryAfterNanos);
  }

  /**
   * The status that most often comes with an outcome.
   *
   * @param outcome what happened
   * @return 0 where there is no answer
   */
  public static int usualStatus(Outcome outcome) {
    return switch (outcome) {
      case RAN -> 200;
      case NOT_RUN -> 404;
      case BUSY -> 503;
      case NOT_SENT, UNREACHABLE, BROKEN, TIMED_OUT, ABANDONED -> 0;
    };
  }
}
