package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Map;
import java.util.function.Function;

/** A node as the server would present it. */
final class FakeNode implements RoutingNode {

  private final String id;
  private Object state;

  FakeNode(String id) {
    this.id = id;
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
}
