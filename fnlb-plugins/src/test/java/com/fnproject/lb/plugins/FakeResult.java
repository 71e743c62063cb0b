package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingResult;

/** How an attempt ended. */
record FakeResult(Outcome outcome, int status, long waitNanos, long nowNanos)
    implements RoutingResult {

  static final FakeResult RAN = of(Outcome.RAN);

  /** What the server would report, without a wait header. */
  static FakeResult of(Outcome outcome) {
    int status =
        switch (outcome) {
          case RAN -> 200;
          case NOT_RUN -> 404;
          case BUSY -> 503;
          case NOT_SENT, UNREACHABLE, BROKEN, TIMED_OUT, ABANDONED -> 0;
        };
    return new FakeResult(outcome, status, -1, 0);
  }

  static FakeResult waited(long nanos) {
    return new FakeResult(Outcome.RAN, 200, nanos, 0);
  }

  FakeResult at(long nanos) {
    return new FakeResult(outcome, status, waitNanos, nanos);
  }

  @Override
  public long latencyNanos() {
    return 0;
  }

  @Override
  public long retryAfterNanos() {
    return -1;
  }
}
