package com.fnproject.lb.node;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.upstream.UpstreamPool;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A node, from the moment it is added until it is removed. Thread-safe. What the cluster thinks of
 * it changes only through {@link NodeRegistry#apply}; what calls do to it is counted in atomics
 * here.
 */
public final class Node implements RoutingNode {

  private final NodeAddress address;
  private final String id;
  private final UpstreamPool pool;
  private final int mostInFlight;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final PolicyState policyState = new PolicyState();
  private volatile NodeStatus status;
  private volatile @Nullable NodeReading reading;

  /**
   * Creates a node that has not been checked.
   *
   * @param mostInFlight most calls under way on it; 0 = no cap
   * @param spec what the operator says of it
   * @param version the cluster's version that has it
   */
  Node(NodeAddress address, UpstreamPool pool, int mostInFlight, NodeSpec spec, long version) {
    this.address = address;
    this.id = address.toString();
    this.pool = pool;
    this.mostInFlight = mostInFlight;
    this.status = new NodeStatus(spec, false, version, version);
  }

  /**
   * Where it listens.
   *
   * @return its address
   */
  public NodeAddress address() {
    return address;
  }

  /**
   * The connections to it.
   *
   * @return its pool, closed once the node has been removed
   */
  public UpstreamPool pool() {
    return pool;
  }

  /**
   * Whether the checks find it fit to serve.
   *
   * @return false until the first check has succeeded
   */
  public boolean healthy() {
    return status.healthy();
  }

  /**
   * What is thought of it.
   *
   * @return the newest status, which may be newer than the table that the node was found in
   */
  public NodeStatus status() {
    return status;
  }

  /** Under the registry's lock. */
  void status(NodeStatus latest) {
    status = latest;
  }

  /**
   * Counts a call in, if that keeps the cap; to be paired with {@link #end()}.
   *
   * @return false if the node has no room
   */
  public boolean tryBegin() {
    if (mostInFlight == 0) {
      inFlight.incrementAndGet();
      return true;
    }
    int calls;
    do {
      calls = inFlight.get();
      if (calls >= mostInFlight) {
        return false;
      }
    } while (!inFlight.compareAndSet(calls, calls + 1));
    return true;
  }

  /** Counts a call out. */
  public void end() {
    inFlight.decrementAndGet();
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public double weight() {
    return status.spec().weight();
  }

  @Override
  public Map<String, String> labels() {
    return status.spec().labels();
  }

  @Override
  public boolean hasRoom() {
    return mostInFlight == 0 || inFlight.get() < mostInFlight;
  }

  @Override
  public @Nullable NodeReading reading() {
    return reading;
  }

  /**
   * Publishes what the node told of itself; to be called after the warmth of its functions was
   * published.
   *
   * @param latest the reading; null if none can be trusted any more
   */
  public void reading(@Nullable NodeReading latest) {
    reading = latest;
  }

  @Override
  public int inFlight() {
    return inFlight.get();
  }

  @Override
  public <S> S state(Function<? super RoutingNode, S> first) {
    return policyState.get(this, first);
  }

  @Override
  public String toString() {
    return id;
  }
}
