package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.SipHash;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The nodes of one snapshot as {@link LegacyPolicy} sees them. Thread-safe, lock-free. */
final class LegacySelector implements NodeSelector {

  /**
   * No node refuses more than 90 of 100 calls, so the original's endless search gets this far once
   * in 0.9^-422, more than 2^64, selections; the search then ends at the next node.
   */
  static final int MAX_REFUSALS = 422;

  private final NodeSnapshot nodes;
  private final RandomGenerator random;

  LegacySelector(NodeSnapshot nodes, RandomGenerator random) {
    this.nodes = nodes;
    this.random = random;
  }

  @Override
  public @Nullable RoutingNode select(RoutingCall call) {
    int size = nodes.size();
    if (size == 0) {
      return null;
    }
    WaitAverages averages = WaitAverages.of(call.function());
    int place = home(call);
    int refusals = 0;
    int triedInARow = 0;
    while (triedInARow < size) {
      RoutingNode node = nodes.node(place);
      place = place + 1 == size ? 0 : place + 1;
      if (call.tried(node)) {
        triedInARow++;
        continue;
      }
      triedInARow = 0;
      if (refusals == MAX_REFUSALS || accepts(averages.nanos(node))) {
        return node;
      }
      refusals++;
    }
    return null;
  }

  private int home(RoutingCall call) {
    return LegacyPolicy.home(SipHash.hash(call.path()), nodes.size());
  }

  private boolean accepts(long averageWaitNanos) {
    int percent = LegacyPolicy.acceptance(averageWaitNanos);
    return percent == 100 || random.nextInt(100) < percent;
  }

  /**
   * Names the untried nodes from the home on, down to the first that accepts every call; the cost
   * is the chance that one further on is taken. The decision is the likeliest node.
   */
  @Override
  public void explain(RoutingCall call, Explanation out) {
    int size = nodes.size();
    WaitAverages averages = WaitAverages.of(call.function());
    RoutingNode likeliest = null;
    double chance = 0;
    double refused = 1;
    for (int i = 0; i < size && refused > 0; i++) {
      RoutingNode node = nodes.node((home(call) + i) % size);
      if (call.tried(node)) {
        continue;
      }
      long waitNanos = averages.nanos(node);
      int percent = LegacyPolicy.acceptance(waitNanos);
      double taken = refused * percent / 100;
      if (taken > chance) {
        likeliest = node;
        chance = taken;
      }
      refused = percent == 100 ? 0 : refused - taken;
      out.candidate(
          node,
          refused,
          (i == 0 ? "home, " : "")
              + ("average wait " + waitNanos / 1_000_000 + " ms, accepts " + percent + " %"));
    }
    if (likeliest == null) {
      out.decision(null, size == 0 ? "no nodes" : "every node was tried");
    } else if (chance == 1) {
      out.decision(likeliest, "the first from the home on, and it accepts every call");
    } else {
      // Who is refused by all goes round again with fresh dice, so all chances grow alike.
      long percent = Math.round(100 * chance / (1 - refused));
      out.decision(likeliest, "by chance: the likeliest, " + percent + " %");
    }
  }
}
