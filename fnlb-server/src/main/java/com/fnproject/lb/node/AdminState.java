package com.fnproject.lb.node;

/** Whether the operator wants a node to be sent calls. */
public enum AdminState {
  /** It is sent calls while it is healthy. */
  ENABLED,

  /** It is sent no more calls; those under way there finish. Its checks go on. */
  DRAINING
}
