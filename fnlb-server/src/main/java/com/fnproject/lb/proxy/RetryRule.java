package com.fnproject.lb.proxy;

import com.fnproject.lb.proxy.ProxyConfig.RetrySent;
import com.fnproject.lb.upstream.UpstreamException;

/**
 * Whether a call that brought no answer may be sent again, decided by what was sent and what that
 * proves, never by an exception's class alone. docs/architecture.md has the table; the row's number
 * stands beside each rule.
 */
final class RetryRule {

  /** What to do next. */
  enum Decision {
    /** The same node on a fresh connection; belongs to the same attempt. */
    FRESH_CONNECTION,
    /** The next node, if one is left. */
    NEXT_NODE,
    /** The client is told. */
    GIVE_UP
  }

  private RetryRule() {}

  /**
   * Decides.
   *
   * @param failure what went wrong before an answer's head was there
   * @param reused whether the connection had carried an exchange before
   * @param method the request's method
   * @param repeatable whether the body, if any, can be sent once more from its start
   * @param retrySent what the operator allows once a head was written
   * @return what to do next
   */
  static Decision decide(
      UpstreamException failure,
      boolean reused,
      String method,
      boolean repeatable,
      RetrySent retrySent) {
    if (!repeatable || failure.kind() == UpstreamException.Kind.REQUEST_BODY) {
      return Decision.GIVE_UP;
    }
    return switch (failure.kind()) {
      case CONNECT, NO_CONNECTION_FREE -> Decision.NEXT_NODE; // row 1
      case CLOSED -> {
        if (!failure.sent()) {
          yield reused ? Decision.FRESH_CONNECTION : Decision.NEXT_NODE; // row 3
        }
        if (reused && retrySent == RetrySent.SAFE && isIdempotent(method)) {
          yield Decision.FRESH_CONNECTION; // row 3
        }
        yield sentDecision(method, retrySent);
      }
      case TIMEOUT, TRUNCATED -> sentDecision(method, retrySent);
      case INVALID_ANSWER, REQUEST_BODY -> Decision.GIVE_UP; // row 6
    };
  }

  private static Decision sentDecision(String method, RetrySent retrySent) {
    return retrySent == RetrySent.SAFE && isSafe(method)
        ? Decision.NEXT_NODE // row 4
        : Decision.GIVE_UP; // row 5
  }

  /** RFC 9110, section 9.2.1, less TRACE, which is not forwarded. */
  private static boolean isSafe(String method) {
    return method.equals("GET") || method.equals("HEAD") || method.equals("OPTIONS");
  }

  /** RFC 9110, section 9.2.2. */
  private static boolean isIdempotent(String method) {
    return isSafe(method) || method.equals("PUT") || method.equals("DELETE");
  }
}
