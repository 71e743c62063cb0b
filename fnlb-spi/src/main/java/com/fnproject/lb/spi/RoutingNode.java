package com.fnproject.lb.spi;

import java.util.function.Function;

/**
 * A node of the cluster, the same object from the moment it joins until it leaves, whatever its
 * health does between. Thread-safe; nothing here blocks, but for the very first {@link #state}.
 */
public interface RoutingNode {

  /**
   * The node's name, {@code host:port}, equal in every balancer of the cluster. Hash this, never
   * the node's place.
   *
   * @return the name
   */
  String id();

  /**
   * Calls of this balancer that are under way on the node, from selection to the end of the
   * answer's body.
   *
   * @return 0 or more; exact, but stale as soon as it is read
   */
  int inFlight();

  /**
   * The policy's own state for this node: one object for the node's life, created on first use.
   * Read like a field afterwards.
   *
   * @param first makes the object; called at most once for a node; must not block
   * @param <S> its type; every caller of one policy must agree on it
   * @return the object that the first caller's function made
   */
  <S> S state(Function<? super RoutingNode, S> first);
}
