package com.fnproject.lb.spi;

/**
 * A way to choose nodes, with everything it has learned.
 *
 * <p>{@link #newSelector} is called serially, under the server's registry lock. {@link #onResult}
 * is called from any number of request threads at once, concurrently with everything else. Whatever
 * a method throws costs a counter and a choice in turn, never the call.
 */
public interface RoutingPolicy extends AutoCloseable {

  /**
   * Builds the selector for a new set of nodes. Called at start and on every change of the set of
   * eligible nodes; must not block on anything but the processor. Every selection takes the newest
   * selector that there is when it begins, so older ones stay in use for a moment.
   *
   * @param snapshot the nodes that may be selected, possibly none; immutable
   * @return a selector that picks from exactly these nodes
   */
  NodeSelector newSelector(NodeSnapshot snapshot);

  /**
   * Reports how an attempt ended; called exactly once for every node that a selector of this policy
   * returned, as soon as the answer's head has arrived or the attempt has failed. Fn frees the
   * container before it writes the answer, so this is when the place is free again. Must not block.
   *
   * @param call the call; {@link RoutingCall#memo()} is what the policy left there when it chose
   *     this node
   * @param node the node that was returned
   * @param result how it ended; valid only during this method
   */
  default void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {}

  /**
   * Reports that a call that {@link RoutingCall#hold} asked to hold is held no longer; called
   * exactly once for each, by the thread that serves the call, before {@link NodeSelector#select}
   * is called again if it is. Must not block.
   *
   * @param call the call
   * @param why why it is held no longer
   */
  default void onHoldEnded(RoutingCall call, HoldEnd why) {}

  /**
   * Reports that two functions have turned out to be one, as when the function behind a trigger's
   * path becomes known: new calls belong to {@code into}, calls under way keep {@code from} until
   * they end. Called once, by any thread, while both are in use; must not block. A policy may carry
   * over what it knows; one that does not loses its warm proof only.
   *
   * @param from the function that is given up
   * @param into the function that stays
   */
  default void onMerged(RoutedFunction from, RoutedFunction into) {}

  /** Frees what the policy holds; called once, after the last {@link #onResult}. */
  @Override
  default void close() {}
}
