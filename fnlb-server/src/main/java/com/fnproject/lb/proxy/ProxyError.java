package com.fnproject.lb.proxy;

/**
 * An answer of the balancer's own, in place of a node's.
 *
 * @param status its status code
 * @param message why, as the client is told; needs no escaping in JSON
 * @param retryAfterSeconds when trying again may help; 0 = it will not
 * @param allow the methods to name in an Allow header; empty = no such header
 */
record ProxyError(int status, String message, int retryAfterSeconds, String allow) {

  static final ProxyError NO_NODE =
      new ProxyError(503, "no node is able to serve; see /1/lb/nodes", 1, "");
  static final ProxyError NO_CONNECTION =
      new ProxyError(503, "every connection to the nodes is in use", 1, "");
  static final ProxyError UNREACHABLE = new ProxyError(502, "no node could be connected to", 1, "");
  static final ProxyError CLOSED =
      of(502, "the node closed the connection; the call may have run");
  static final ProxyError TRUNCATED = of(502, "the node cut its answer short");
  static final ProxyError INVALID_ANSWER = of(502, "the node gave no valid answer");
  static final ProxyError TIMEOUT = of(504, "the node did not answer in time");
  static final ProxyError BAD_BODY = of(400, "the request's body could not be read to its end");
  static final ProxyError BAD_TARGET =
      of(400, "the request target is neither a path nor an http address of visible ASCII characters");
  static final ProxyError BAD_HEADER = of(400, "a header field holds bytes outside of ASCII");
  static final ProxyError HEAD_WITH_BODY = of(400, "a HEAD request must not have a body");
  static final ProxyError METHOD =
      new ProxyError(
          405,
          "CONNECT and TRACE are not forwarded",
          0,
          "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  static final ProxyError UPGRADE = of(501, "protocol upgrades are not supported");
  static final ProxyError INTERNAL = of(404, "the nodes' own pages are not published");

  static ProxyError of(int status, String message) {
    return new ProxyError(status, message, 0, "");
  }

  static ProxyError tooManyHeaders(int count, int most) {
    return of(431, "the request has " + count + " header fields; at most " + most + " are taken");
  }

  String json() {
    return "{\"msg\":\"" + message + "\"}\n";
  }
}
