package com.fnproject.lb.admin;

import com.fnproject.lb.node.Quoted;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;

/** Request bodies of a size that is known to be harmless. */
final class BoundedBody {

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
      body = request.content().inputStream().readNBytes(max + 1);
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
}
