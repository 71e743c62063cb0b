package com.example.leastbusy;

import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.random.RandomGenerator;

/** Sends each call to the node with the fewest calls in flight for its weight. */
public final class LeastBusy implements RoutingPolicyProvider {

  @Override
  public String name() {
    return "least-busy";
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
              throw context.badOption(key, value, "no option, for least-busy has none");
            });
    RandomGenerator random = context.random();
    return snapshot -> call -> leastBusy(snapshot, call, random);
  }

  private static RoutingNode leastBusy(
      NodeSnapshot snapshot, RoutingCall call, RandomGenerator random) {
    int size = snapshot.size();
    int start = size < 2 ? 0 : random.nextInt(size); // so that idle nodes share the calls
    RoutingNode best = null;
    double least = 0;
    for (int i = 0; i < size; i++) {
      RoutingNode node = snapshot.node((start + i) % size);
      double load =
          node.hasRoom() ? (node.inFlight() + 1) / node.weight() : Double.POSITIVE_INFINITY;
      if (!call.tried(node) && (best == null || load < least)) {
        best = node;
        least = load;
      }
    }
    return best;
  }
}
