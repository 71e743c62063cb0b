package com.fnproject.lb.testbed.model;

/** How a call ended at a node. */
public enum CallEnd {
  /** The function ran to its end. */
  ANSWERED(true),
  /** The function ran longer than its time-out; its container was killed. */
  TIMED_OUT(true),
  /** The function's process died in the call. */
  DIED(true),
  /** The function needs more memory than the node has. */
  TOO_BIG(false),
  /** Non-blocking node without room, or a node that stops. */
  BUSY(false),
  /** The function's process died while starting. */
  START_FAILED(false),
  /** The start took longer than {@link NodeModelConfig#startTimeoutNanos()}. */
  START_TIMED_OUT(false),
  /** The image does not exist. */
  IMAGE_MISSING(false),
  /** The pull took longer than {@link NodeModelConfig#pullTimeoutNanos()}. */
  PULL_TIMED_OUT(false),
  /** The caller gave up, see {@link NodeModel#cancel}. */
  CANCELLED(false);

  private final boolean ran;

  CallEnd(boolean ran) {
    this.ran = ran;
  }

  /** Whether the function saw the call. */
  public boolean ran() {
    return ran;
  }
}
