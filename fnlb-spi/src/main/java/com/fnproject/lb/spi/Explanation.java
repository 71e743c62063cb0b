package com.fnproject.lb.spi;

import org.jspecify.annotations.Nullable;

/** What {@link NodeSelector#explain} writes to: why a call would go where. Not thread-safe. */
public interface Explanation {

  /**
   * A node that was considered. To be called once for each, in any order; a node that is not named
   * was not looked at.
   *
   * @param node a node of the snapshot
   * @param cost what the policy compares, less is better; {@link Double#NaN} if it compares nothing
   * @param why in a few words for operators, such as {@code hot, 2 in flight, slowdown 1.4}
   */
  void candidate(RoutingNode node, double cost, String why);

  /**
   * The outcome. To be called once, last.
   *
   * @param node what {@link NodeSelector#select} would return; null if nothing, or if it would hold
   *     the call
   * @param why in a few words for operators
   */
  void decision(@Nullable RoutingNode node, String why);
}
