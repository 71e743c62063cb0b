package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Map;
import java.util.function.Function;

/** A node of which only the name matters. */
record NamedNode(String id) implements RoutingNode {

  @Override
  public double weight() {
    return 1;
  }

  @Override
  public Map<String, String> labels() {
    return Map.of();
  }

  @Override
  public int inFlight() {
    return 0;
  }

  @Override
  public boolean hasRoom() {
    return true;
  }

  @Override
  public NodeReading reading() {
    return null;
  }

  @Override
  public <S> S state(Function<? super RoutingNode, S> first) {
    return first.apply(this);
  }
}
