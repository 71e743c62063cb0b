package com.fnproject.lb.node;

import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingResult;

/**
 * Hears how every attempt ended, on the thread that made it, once the answer's head has come or the
 * attempt has failed. Thread-safe; must neither block nor throw.
 */
@FunctionalInterface
public interface CallListener {

  /**
   * An attempt has ended.
   *
   * @param call the call; valid during this method
   * @param node where the attempt was made
   * @param result how it ended; valid during this method
   */
  void onAttempt(RoutingCall call, Node node, RoutingResult result);
}
