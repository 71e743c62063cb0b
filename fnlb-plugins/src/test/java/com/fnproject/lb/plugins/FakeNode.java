package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Map;
import java.util.function.Function;

/** A node as the server would present it. */
final class FakeNode implements RoutingNode {

  private final String id;
  private final double weight;
  private boolean full;
  private Object state;

  FakeNode(String id) {
    this(id, 1);
  }

  FakeNode(String id, double weight) {
    this.id = id;
    this.weight = weight;
  }

  /** Says from now on whether it has no room. */
  void full(boolean full) {
    this.full = full;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public int inFlight() {
    return 0;
  }

  @Override
  @SuppressWarnings("unchecked")
  public synchronized <S> S state(Function<? super RoutingNode, S> first) {
    if (state == null) {
      state = first.apply(this);
    }
    return (S) state;
  }

  @Override
  public String toString() {
    return id;
  }

  @Override
  public double weight() {
    return weight;
  }

  @Override
  public Map<String, String> labels() {
    return Map.of();
  }

  @Override
  public boolean hasRoom() {
    return !full;
  }

  @Override
  public NodeReading reading() {
    return null;
  }
}
