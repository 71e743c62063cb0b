package com.fnproject.lb.routing;

import com.fnproject.lb.spi.RoutingCall;

/**
 * A call that remembers whether the policy chose the node of the current attempt, and so awaits its
 * result.
 */
public interface BookedCall extends RoutingCall {

  /**
   * Whether the policy chose the node of the current attempt.
   *
   * @return false if the node was chosen in turn
   */
  boolean booked();

  /**
   * Sets what {@link #booked()} returns.
   *
   * @param byPolicy whether the policy chose the node
   */
  void booked(boolean byPolicy);
}
