package com.fnproject.lb.insight;

import com.fnproject.lb.node.CallListener;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingResult;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** Counts attempts by their outcome, since the start. Thread-safe; nothing blocks. */
public final class CallMeters implements CallListener {

  private final Map<Outcome, LongAdder> attempts = new EnumMap<>(Outcome.class);

  /** Creates meters at zero. */
  public CallMeters() {
    for (Outcome outcome : Outcome.values()) {
      attempts.put(outcome, new LongAdder());
    }
  }

  @Override
  public void onAttempt(RoutingCall call, Node node, RoutingResult result) {
    of(result.outcome()).increment();
  }

  /**
   * Attempts that ended in a certain way.
   *
   * @param outcome the way
   * @return 0 or more
   */
  public long attempts(Outcome outcome) {
    return of(outcome).sum();
  }

  private LongAdder of(Outcome outcome) {
    return Objects.requireNonNull(attempts.get(outcome));
  }
}
