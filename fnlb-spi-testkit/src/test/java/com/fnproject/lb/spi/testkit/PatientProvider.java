package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.RoutingResult;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A policy that holds, keeps books and explains: the least loaded node, at most four calls each.
 */
public final class PatientProvider implements RoutingPolicyProvider {

  static final int FULL = 4;

  /** For the service loader. */
  public PatientProvider() {}

  @Override
  public String name() {
    return "patient";
  }

  @Override
  public int spiVersion() {
    return SPI_VERSION;
  }

  @Override
  public RoutingPolicy create(PolicyContext context) {
    context
        .options()
        .forEach(
            (key, value) -> {
              throw context.badOption(key, value, "no option of patient");
            });
    return new Patient();
  }

  static AtomicInteger load(RoutingNode node) {
    return node.state(first -> new AtomicInteger());
  }

  static final class Patient implements RoutingPolicy {
    final AtomicInteger holding = new AtomicInteger();
    final AtomicInteger woken = new AtomicInteger();

    @Override
    public NodeSelector newSelector(NodeSnapshot nodes) {
      return new NodeSelector() {
        @Override
        public RoutingNode select(RoutingCall call) {
          RoutingNode chosen = choose(call);
          if (chosen != null && load(chosen).get() >= FULL && call.mayHold()) {
            holding.incrementAndGet();
            return call.hold(2_000_000_000L);
          }
          if (chosen != null) {
            load(chosen).incrementAndGet();
          }
          return chosen;
        }

        private RoutingNode choose(RoutingCall call) {
          RoutingNode least = null;
          for (int i = 0; i < nodes.size(); i++) {
            RoutingNode node = nodes.node(i);
            if (!call.tried(node) && (least == null || load(node).get() < load(least).get())) {
              least = node;
            }
          }
          return least;
        }

        @Override
        public void explain(RoutingCall call, Explanation out) {
          RoutingNode chosen = choose(call);
          if (chosen != null && load(chosen).get() >= FULL && call.mayHold()) {
            out.decision(null, "held");
          } else {
            out.decision(chosen, "least loaded");
          }
        }
      };
    }

    @Override
    public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
      load(node).decrementAndGet();
      if (result.outcome() == Outcome.RAN && call.wake(node)) {
        woken.incrementAndGet();
      }
    }

    @Override
    public void onHoldEnded(RoutingCall call, HoldEnd why) {
      holding.decrementAndGet();
    }
  }
}
