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
   * @return a node of the snapshot for which {@link RoutingCall#tried} is false, or null when there
   *     is none to offer
   */
  @Nullable RoutingNode select(RoutingCall call);
}
