package com.fnproject.lb.admin;

import com.fnproject.lb.node.Quoted;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;

/** Request bodies of a size that is known to be harmless. */
final class BoundedBody {

  /**
   * How much of an unwanted body is read, so that a client still sending gets to read the answer
   * instead of losing it to a reset.
   */
  private static final int LINGER = 1024 * 1024;

  private BoundedBody() {}

  /**
   * Reads the whole body. Blocks until it has come.
   *
   * @param max most bytes
   * @throws Refusal 413 if it is longer, 415 if it is compressed, 400 if its framing is broken
   */
  static byte[] read(ServerRequest request, int max) {
    Headers headers = request.headers();
    if (headers.contains(HeaderNames.CONTENT_ENCODING)) {
      String encoding = headers.get(HeaderNames.CONTENT_ENCODING).values();
      if (!encoding.equalsIgnoreCase("identity")) {
        throw new Refusal(
            Status.UNSUPPORTED_MEDIA_TYPE_415,
            "header 'Content-Encoding': " + Quoted.of(encoding) + " (expected: none)");
      }
    }
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    if (request.headers().contentLength().orElse(0) > max) {
      throw tooLarge(max);
    }
    byte[] body;
    try {
      InputStream in = request.content().inputStream();
      body = in.readNBytes(max + 1);
      if (body.length > max) {
        // Now, because nobody can ask Helidon for the rest of a body later.
        readOn(in);
      }
    } catch (CloseConnectionException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new Refusal(Status.BAD_REQUEST_400, "body: cut short, or its chunks are malformed");
    }
    if (body.length > max) {
      throw tooLarge(max);
    }
    return body;
  }

  private static Refusal tooLarge(int max) {
    return new Refusal(
        Status.REQUEST_ENTITY_TOO_LARGE_413,
        "body: too large (expected: at most " + max + " bytes)");
  }

  /**
   * Whether part of the body has not been read, so that the connection must be closed after the
   * answer.
   */
  static boolean unread(ServerRequest request) {
    return request.content().hasEntity() && !request.content().consumed();
  }

  /** Reads some of what is left, unless the client is still waiting to be told to send it. */
  static void linger(ServerRequest request) {
    if (request.headers().containsToken(HeaderValues.EXPECT_100) && !request.content().consumed()) {
      return;
    }
    try {
      readOn(request.content().inputStream());
    } catch (IOException | RuntimeException e) {
      // The connection is closed anyhow.
    }
  }

  private static void readOn(InputStream in) throws IOException {
    byte[] unwanted = new byte[8192];
    int count = 0;
    for (int all = 0; all < LINGER && count >= 0; all += count) {
      count = in.read(unwanted);
    }
  }
}
