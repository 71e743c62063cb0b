package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingPolicy;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

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
    return new RoundRobinSelector(next, snapshot, Weights.of(snapshot));
  }
}
