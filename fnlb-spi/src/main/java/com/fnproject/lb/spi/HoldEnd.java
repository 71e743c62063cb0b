package com.fnproject.lb.spi;

/** Why a held call is held no longer. */
public enum HoldEnd {
  /** {@link RoutingCall#wake} chose it; {@link NodeSelector#select} is called again. */
  WOKEN,
  /** It was held as long as the policy allowed; {@link NodeSelector#select} is called again. */
  EXPIRED,
  /** The client has gone; the call is over. */
  CLIENT_GONE,
  /** The balancer stops; the call is over. */
  CLOSING
}
