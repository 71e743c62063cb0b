package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import java.util.ArrayList;
import java.util.List;

/** A call, driven through its attempts as the server drives one. */
final class FakeCall implements RoutingCall {

  private final FakeFunction function;
  private final String path;
  private final List<RoutingNode> tried = new ArrayList<>();
  private RoutingNode current;
  private long nowNanos;
  private int attempt;
  private long memo;
  private Object note;

  FakeCall(FakeFunction function) {
    this(function, function.key());
  }

  FakeCall(FakeFunction function, String path) {
    this.function = function;
    this.path = path;
  }

  /** Marks nodes as tried, as if earlier attempts had gone there. */
  FakeCall tried(List<? extends RoutingNode> nodes) {
    tried.addAll(nodes);
    return this;
  }

  /** Sets the call's time. */
  FakeCall at(long nanos) {
    nowNanos = nanos;
    return this;
  }

  /** The next attempt. */
  FakeNode select(NodeSelector selector) {
    attempt++;
    memo = 0;
    note = null;
    current = selector.select(this);
    return (FakeNode) current;
  }

  /** The node of the current attempt, or of the last. */
  FakeNode node() {
    return (FakeNode) current;
  }

  /** Ends the attempt. */
  void end(RoutingPolicy policy, RoutingResult result) {
    policy.onResult(this, current, result);
    tried.add(current);
  }

  @Override
  public FakeFunction function() {
    return function;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public int attempt() {
    return attempt;
  }

  @Override
  public boolean tried(RoutingNode node) {
    return tried.contains(node);
  }

  @Override
  public String method() {
    return "POST";
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public String header(String name) {
    return null;
  }

  @Override
  public long memo() {
    return memo;
  }

  @Override
  public void memo(long bits) {
    memo = bits;
  }

  @Override
  public boolean mayHold() {
    return false;
  }

  @Override
  public RoutingNode hold(long maxNanos) {
    throw new IllegalStateException("no call may be held");
  }

  @Override
  public boolean wake(RoutingNode hint) {
    return false;
  }

  @Override
  public RoutingNode wokenFor() {
    return null;
  }

  @Override
  public Object note() {
    return note;
  }

  @Override
  public void note(Object reference) {
    note = reference;
  }
}
