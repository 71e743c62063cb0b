package com.fnproject.lb;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose request or answer said so, which Helidon announces but leaves to the
 * client. What the client is still sending is read on before (RFC 9112, section 9.6): closed with
 * bytes unread, the connection would be reset by the system, and the reset would overtake the
 * answer. Stateless.
 */
final class StagedClose implements Filter {

  /** How long a body that nobody wants is read on, as with Go's server. */
  private static final Duration LINGER = Duration.ofMillis(500);

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    Body body = null;
    if (announcesBody(request.headers())) {
      body = new Body();
      request.streamFilter(body);
    }
    chain.proceed();
    if (saysClose(request.headers()) || saysClose(response.headers())) {
      if (body != null && !request.content().consumed()) {
        readOn(request, body);
      }
      throw new CloseConnectionException("the connection was to be closed after this answer");
    }
  }

  private static boolean announcesBody(Headers headers) {
    return headers.contains(HeaderNames.CONTENT_LENGTH)
        || headers.contains(HeaderNames.TRANSFER_ENCODING);
  }

  private static boolean saysClose(Headers headers) {
    return headers.contains(HeaderNames.CONNECTION)
        && headers.containsToken(HeaderValues.CONNECTION_CLOSE);
  }

  private static void readOn(RoutingRequest request, Body body) {
    InputStream in = body.taken;
    if (in == null) {
      if (request.headers().contains(HeaderNames.EXPECT)) {
        // A client that waits to be asked has sent nothing, and taking the stream would ask it.
        return;
      }
      in = request.content().inputStream();
    }
    Thread reading = Thread.currentThread();
    Thread deadline =
        Thread.ofVirtual()
            .name("lingering-" + reading.getName())
            .start(() -> interruptLater(reading));
    byte[] unwanted = new byte[8192];
    try {
      while (deadline.isAlive() && in.read(unwanted) >= 0) {}
    } catch (IOException | RuntimeException e) {
      // Nobody waits for the rest.
    } finally {
      deadline.interrupt();
    }
  }

  /** Ends a read that blocks. Too late it does no harm: the connection is being closed. */
  private static void interruptLater(Thread reading) {
    try {
      Thread.sleep(LINGER);
      reading.interrupt();
    } catch (InterruptedException e) {
      // The client was done in time.
    }
  }

  /** Remembers the stream that Helidon hands out once. */
  private static final class Body implements UnaryOperator<InputStream> {
    private @Nullable InputStream taken;

    @Override
    public InputStream apply(InputStream in) {
      taken = in;
      return in;
    }
  }
}
