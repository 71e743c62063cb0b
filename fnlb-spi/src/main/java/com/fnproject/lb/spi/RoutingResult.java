package com.fnproject.lb.spi;

/** How one attempt ended. Valid only during {@link RoutingPolicy#onResult}. */
public interface RoutingResult {

  /**
   * What happened.
   *
   * @return never null
   */
  Outcome outcome();

  /**
   * The status of the node's answer.
   *
   * @return 0 when there was no answer
   */
  int status();

  /**
   * When the attempt ended.
   *
   * @return nanoseconds on the clock of {@link RoutingCall#nowNanos()}
   */
  long nowNanos();

  /**
   * From the selection of the node, or from when a small body was read after it, to the arrival of
   * the answer's head, or to the failure.
   *
   * @return nanoseconds, 0 or more
   */
  long latencyNanos();

  /**
   * How long the call waited on the node before it ran, as told by the {@code XXX-FXLB-WAIT} header
   * of Fn servers up to 0.3.579.
   *
   * @return nanoseconds, 0 or more; -1 when the header is absent or unreadable, as with every newer
   *     node
   */
  long waitNanos();

  /**
   * What the answer's {@code Retry-After} field says, in seconds or as a date. Fn's own is a
   * constant 15 seconds and tells nothing.
   *
   * @return nanoseconds, 0 or more; -1 when the field is absent or unreadable
   */
  long retryAfterNanos();
}
