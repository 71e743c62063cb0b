package com.fnproject.lb.node;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Map;
import java.util.function.Function;

/** A node of a policy's own making, which is none of the server's. */
public record ForeignNode() implements RoutingNode {

  @Override
  public String id() {
    return "foreign:1";
  }

  @Override
  public int inFlight() {
    return 0;
  }

  @Override
  public double weight() {
    return 1;
  }

  @Override
  public Map<String, String> labels() {
    return Map.of();
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
