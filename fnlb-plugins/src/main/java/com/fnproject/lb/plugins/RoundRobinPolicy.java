package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Every node in turn. All selectors share one counter, so a change of the cluster does not send the
 * next calls to the first nodes again; it starts at random, so that balancers started together do
 * not move in step.
 */
final class RoundRobinPolicy implements RoutingPolicy {

  private final AtomicLong next;

  RoundRobinPolicy(RandomGenerator random) {
    next = new AtomicLong(random.nextLong());
  }

  @Override
  public NodeSelector newSelector(NodeSnapshot snapshot) {
    return call -> select(snapshot, call);
  }

  private @Nullable RoutingNode select(NodeSnapshot snapshot, RoutingCall call) {
    int size = snapshot.size();
    if (size == 0) {
      return null;
    }
    // floorMod: the counter may be negative, and wraps.
    int place = (int) Math.floorMod(next.getAndIncrement(), (long) size);
    for (int i = 0; i < size; i++) {
      RoutingNode node = snapshot.node(place);
      if (!call.tried(node)) {
        return node;
      }
      place = place + 1 == size ? 0 : place + 1;
    }
    return null;
  }
}
