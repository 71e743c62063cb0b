package com.fnproject.lb.proxy;

import com.fnproject.lb.upstream.RequestBody;
import com.fnproject.lb.upstream.UpstreamCall;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one call, whatever engine reads and writes it. Belongs to one thread;
 * methods that read or write may block, and throw what their engine throws when the client is gone,
 * which ends the call.
 */
interface Downstream extends UpstreamCall.Sink {

  /** The request method, as the client wrote it. */
  String method();

  /** The request target, as the client wrote it. */
  String target();

  /** The request's header fields, as they came. */
  Headers headers();

  /** The client's address, without port. */
  String clientAddress();

  /**
   * The request's body: read whole if it announces a length of at most {@code replayable} bytes,
   * else left with the client to be streamed.
   */
  RequestBody body(int replayable);

  /** Whether any of a streaming body has been read. */
  boolean bodyConsumed();

  /**
   * Begins the answer. The body follows through {@link #accept}, then {@link #end}.
   *
   * @param status its status
   * @param headers the node's fields as they came; those that speak of its connection only, or to
   *     the balancer, are not passed on
   * @param hasBody whether a body follows, perhaps an empty one; false to HEAD, and with 204 and
   *     304
   * @param length of the body that follows; -1 when only the end will tell
   * @param announcedLength the Content-Length to show to HEAD; null to show none
   */
  void begin(
      Status status,
      Headers headers,
      boolean hasBody,
      long length,
      @Nullable String announcedLength);

  /** Ends the answer in good order. */
  void end();

  /**
   * Answers with an error of our own.
   *
   * @param error what went wrong
   */
  void refuse(ProxyError error);

  /** Ends the connection, so that the client sees that the answer it was reading is cut short. */
  void cut();
}
