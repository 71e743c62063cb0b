package com.fnproject.lb.proxy;

import io.helidon.http.RequestException;
import io.helidon.http.Status;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the balancer's own, in place of a node's.
 *
 * @param status its status
 * @param message why, as the client is told; needs no escaping in JSON
 * @param retryAfterSeconds when trying again may help; 0 = it will not
 * @param allow the methods to name in an Allow header; empty = no such header
 */
record ProxyError(Status status, String message, int retryAfterSeconds, String allow) {

  private static final Status TOO_MANY_HEADERS =
      Status.create(431, "Request Header Fields Too Large");

  static final ProxyError NO_NODE =
      new ProxyError(
          Status.SERVICE_UNAVAILABLE_503, "no node is able to serve; see /1/lb/nodes", 1, "");
  static final ProxyError FULL =
      new ProxyError(
          Status.SERVICE_UNAVAILABLE_503, "every node has as many calls as it may", 1, "");
  static final ProxyError CLOSING =
      new ProxyError(
          Status.SERVICE_UNAVAILABLE_503, "the balancer stops; the call was not sent", 1, "");
  static final ProxyError NO_CONNECTION =
      new ProxyError(
          Status.SERVICE_UNAVAILABLE_503, "every connection to the nodes is in use", 1, "");
  static final ProxyError UNREACHABLE =
      new ProxyError(Status.BAD_GATEWAY_502, "no node could be connected to", 1, "");
  static final ProxyError CLOSED =
      of(Status.BAD_GATEWAY_502, "the node closed the connection; the call may have run");
  static final ProxyError TRUNCATED = of(Status.BAD_GATEWAY_502, "the node cut its answer short");
  static final ProxyError INVALID_ANSWER =
      of(Status.BAD_GATEWAY_502, "the node gave no valid answer");
  static final ProxyError TIMEOUT =
      of(Status.GATEWAY_TIMEOUT_504, "the node did not answer in time");
  static final ProxyError BAD_BODY =
      of(Status.BAD_REQUEST_400, "the request's body could not be read to its end");
  static final ProxyError BAD_TARGET =
      of(
          Status.BAD_REQUEST_400,
          "the request target is neither a path nor an http address, of visible ASCII characters and"
              + " whole percent-escapes");
  static final ProxyError BAD_HEADER =
      of(Status.BAD_REQUEST_400, "a header field holds bytes outside of ASCII");
  static final ProxyError NAMELESS_HEADER =
      of(Status.BAD_REQUEST_400, "a header field has no name");
  static final ProxyError HEAD_WITH_BODY =
      of(Status.BAD_REQUEST_400, "a HEAD request must not have a body");
  static final ProxyError METHOD =
      new ProxyError(
          Status.METHOD_NOT_ALLOWED_405,
          "CONNECT and TRACE are not forwarded",
          0,
          "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  static final ProxyError UPGRADE =
      of(Status.NOT_IMPLEMENTED_501, "protocol upgrades are not supported");
  static final ProxyError INTERNAL =
      of(Status.NOT_FOUND_404, "the nodes' own pages are not published");

  static final ProxyError LOOP =
      of(Status.LOOP_DETECTED_508, "a node leads back to the balancer that asks");

  static ProxyError of(Status status, String message) {
    return new ProxyError(status, message, 0, "");
  }

  /**
   * The client's body is at fault.
   *
   * @param cause what Helidon says of it, if it does
   */
  static ProxyError badBody(@Nullable Throwable cause) {
    if (!(cause instanceof RequestException refused)) {
      return BAD_BODY;
    }
    String said = refused.getMessage();
    return said != null && isPlain(said) ? of(refused.status(), said) : BAD_BODY;
  }

  static ProxyError tooManyHeaders(int count, int most) {
    return of(
        TOO_MANY_HEADERS,
        "the request has " + count + " header fields; at most " + most + " are taken");
  }

  /**
   * Whether the connection should end with the answer: the client and we do not agree on what was
   * said on it.
   */
  boolean closes() {
    int code = status.code();
    return code == 400 || code == 413 || code == 431 || code == 501;
  }

  String json() {
    return "{\"msg\":\"" + message + "\"}\n";
  }

  /** Whether a text can stand in JSON as it is. */
  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c > '~' || c == '"' || c == '\\') {
        return false;
      }
    }
    return !text.isEmpty();
  }
}
