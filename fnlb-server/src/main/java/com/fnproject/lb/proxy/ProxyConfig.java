package com.fnproject.lb.proxy;

/**
 * Rules for calls.
 *
 * @param maxAttempts most nodes that one call is tried on; 1 or more
 * @param retrySent whether a call whose head was written may be repeated when no answer came
 * @param replayableBody largest request body, in bytes, that is kept so that the call can be
 *     repeated; 0 or more
 * @param maxHeaders most header fields in a request
 * @param exposeNodeInternals whether clients may reach the nodes' {@code /metrics} and {@code
 *     /debug/…}
 */
public record ProxyConfig(
    int maxAttempts,
    RetrySent retrySent,
    int replayableBody,
    int maxHeaders,
    boolean exposeNodeInternals) {

  /** Which calls may be sent again although a node may already have run them. */
  public enum RetrySent {
    /** GET, HEAD and OPTIONS, which are safe (RFC 9110, section 9.2.1). */
    SAFE,
    /** No call: for clusters with triggers whose GET has effects. */
    NONE
  }
}
