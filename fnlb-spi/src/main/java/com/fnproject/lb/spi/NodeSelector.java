package com.fnproject.lb.spi;

import org.jspecify.annotations.Nullable;

/**
 * Picks a node for a call, from the nodes of one snapshot.
 *
 * <p>Used by many request threads at once. An implementation must not block, and should neither
 * lock nor allocate.
 */
@FunctionalInterface
public interface NodeSelector {

  /**
   * Picks the node for one attempt of a call, and books it there if the policy keeps books of its
   * own: the server reports every returned node once through {@link RoutingPolicy#onResult}.
   *
   * @param call the call; valid until its last {@code onResult}
   * @return a node of the snapshot for which {@link RoutingCall#tried} is false; null when there is
   *     none to offer, or when the call is to be {@linkplain RoutingCall#hold held}
   */
  @Nullable RoutingNode select(RoutingCall call);

  /**
   * Tells what {@link #select} would do with a call and why, without booking, holding or learning
   * anything. May allocate; must not block. A policy that does not implement it says nothing.
   *
   * @param call a call that is not going to be made
   * @param out where to write
   */
  default void explain(RoutingCall call, Explanation out) {}
}
