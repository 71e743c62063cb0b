package com.fnproject.lb.spi;

/** What became of an attempt to have a call served by a node. */
public enum Outcome {
  /**
   * A container ran the call and the node answered: the only outcome that teaches about warmth and
   * time.
   */
  RAN,
  /** The node answered, but no container ran: Fn's own 404, 405, 413 and the like. */
  NOT_RUN,
  /** The node refused for want of room; it proves that nothing ran. */
  BUSY,
  /** The attempt was given up before anything was sent, by no fault of the node. */
  NOT_SENT,
  /** No connection to the node could be made. */
  UNREACHABLE,
  /** The connection broke, or what came back was no valid answer. */
  BROKEN,
  /** The answer's head did not come in time. */
  TIMED_OUT,
  /** The client gave up, or failed to send its request's body, before the answer's head came. */
  ABANDONED
}
