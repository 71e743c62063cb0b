package com.fnproject.lb.lab.select;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import org.jspecify.annotations.Nullable;

/**
 * A place for one call after the other, each with one attempt that runs, and its result at the same
 * time. For one thread; allocates nothing.
 */
final class Call implements RoutingCall, RoutingResult {

  /**
   * How long every call takes, by its result: not what has passed of the threads' common time,
   * which runs at their own pace while one of them does not, so that policies would see slow nodes.
   */
  static final long NANOS = 100_000_000L;

  private StandInFunction function;
  private @Nullable StandInNode node;
  private long nowNanos;
  private long memo;
  private @Nullable Object note;

  Call(StandInFunction function) {
    this.function = function;
  }

  /** Has a node chosen for a call. */
  void begin(NodeSelector selector, StandInFunction called, long nanos) {
    function = called;
    nowNanos = nanos;
    memo = 0;
    note = null;
    node = (StandInNode) selector.select(this);
    if (node != null) {
      node.begin();
    }
  }

  /** Ends the call, if there is one. */
  void end(RoutingPolicy policy, long nanos) {
    StandInNode ended = node;
    if (ended != null) {
      nowNanos = nanos;
      policy.onResult(this, ended, this);
      ended.end();
      node = null;
    }
  }

  @Override
  public StandInFunction function() {
    return function;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public int attempt() {
    return 1;
  }

  @Override
  public boolean tried(RoutingNode node) {
    return false;
  }

  @Override
  public String method() {
    return "POST";
  }

  @Override
  public String path() {
    return function.key();
  }

  @Override
  public @Nullable String header(String name) {
    return null;
  }

  @Override
  public boolean mayHold() {
    return false;
  }

  @Override
  public @Nullable RoutingNode hold(long maxNanos) {
    throw new IllegalStateException("no call may be held");
  }

  @Override
  public boolean wake(RoutingNode hint) {
    return false;
  }

  @Override
  public @Nullable RoutingNode wokenFor() {
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
  public @Nullable Object note() {
    return note;
  }

  @Override
  public void note(@Nullable Object reference) {
    note = reference;
  }

  @Override
  public Outcome outcome() {
    return Outcome.RAN;
  }

  @Override
  public int status() {
    return 200;
  }

  @Override
  public long latencyNanos() {
    return NANOS;
  }

  @Override
  public long waitNanos() {
    return -1;
  }

  @Override
  public long retryAfterNanos() {
    return -1;
  }
}
