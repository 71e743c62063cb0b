package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingPolicy;

/**
 * Jump consistent hash (Lamping and Veach, <i>A Fast, Minimal Memory, Consistent Hash
 * Algorithm</i>, 2014) over the nodes in byte order of their names. It knows nothing of loads and
 * keeps no state.
 */
final class ConsistentHashPolicy implements RoutingPolicy {

  @Override
  public NodeSelector newSelector(NodeSnapshot snapshot) {
    return new ConsistentHashSelector(snapshot, Weights.of(snapshot));
  }
}
