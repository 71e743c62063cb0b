package com.fnproject.lb.proxy;

import com.fnproject.lb.fn.FnAnswer;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.upstream.RequestBody;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader.InsufficientDataAvailableException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A client whose call came through Helidon's HTTP/1 and its routing. */
final class HelidonDownstream implements Downstream {

  private static final byte[] NOTHING = {};

  private final ServerRequest request;
  private final ServerResponse response;
  private final BooleanSupplier draining;

  private boolean bodyConsumed;
  private boolean bodyLeft;
  private @Nullable InputStream in;
  private @Nullable OutputStream out;
  private boolean lengthKnown;
  private boolean flushed;

  HelidonDownstream(ServerRequest request, ServerResponse response, BooleanSupplier draining) {
    this.request = request;
    this.response = response;
    this.draining = draining;
    this.bodyLeft = request.content().hasEntity();
  }

  @Override
  public String method() {
    return request.prologue().method().text();
  }

  @Override
  public String target() {
    HttpPrologue prologue = request.prologue();
    String target = prologue.uriPath().rawPath();
    if (prologue.hasQuery()) {
      target = target + "?" + prologue.query().rawValue();
    }
    return prologue.fragment().hasValue() ? target + "#" + prologue.fragment().rawValue() : target;
  }

  @Override
  public Headers headers() {
    return request.headers();
  }

  @Override
  public String clientAddress() {
    if (!(request.remotePeer().address() instanceof InetSocketAddress peer)) {
      return "unknown";
    }
    return NodeAddress.spelled(peer.getAddress());
  }

  @Override
  public RequestBody body(int replayable) {
    if (!bodyLeft) {
      return new RequestBody.None();
    }
    long length =
        request.headers().contains(HeaderNames.TRANSFER_ENCODING)
            ? -1
            : request.headers().contentLength().orElse(-1);
    if (length < 0 || length > replayable) {
      return new RequestBody.Streaming(
          length,
          buffer -> {
            bodyConsumed = true;
            int count = read(buffer, 0);
            if (count < 0) {
              bodyLeft = false;
            }
            return count;
          });
    }
    byte[] bytes = new byte[(int) length];
    int at = 0;
    while (at < bytes.length) {
      int count = read(bytes, at);
      if (count < 0) {
        throw new CloseConnectionException("the request's body ended early");
      }
      at += count;
    }
    bodyLeft = false;
    return new RequestBody.Replayable(bytes);
  }

  private int read(byte[] buffer, int at) {
    try {
      return in().read(buffer, at, buffer.length - at);
    } catch (IOException | InsufficientDataAvailableException e) {
      throw new CloseConnectionException("the request's body could not be read", e);
    }
  }

  // Helidon asks a client for its body, if it waits for that, as soon as the stream is taken.
  private InputStream in() {
    InputStream body = in;
    if (body == null) {
      body = request.content().inputStream();
      in = body;
    }
    return body;
  }

  @Override
  public boolean bodyConsumed() {
    return bodyConsumed;
  }

  @Override
  public void begin(
      Status status,
      Headers headers,
      boolean hasBody,
      long length,
      @Nullable String announcedLength) {
    ServerResponseHeaders to = response.headers();
    HopHeaders.copyEndToEnd(headers, to);
    to.remove(FnAnswer.WAIT_HEADER);
    // From a node it would say where the answer ends.
    to.remove(Http1Guard.LENGTH_OF_NO_BODY);
    closeIfAsked(to);
    response.status(status);
    // What a node says about the body of a 205 is wrong unless it is 0 (RFC 9110, 15.3.6).
    boolean reset = status.code() == 205;
    boolean bodiless = length == 0 || reset;
    if (status.code() == 204 || status.code() == 304) {
      to.set(Http1Guard.NO_LENGTH);
    } else if (!hasBody) {
      to.set(
          announcedLength == null
              ? Http1Guard.NO_LENGTH
              : HeaderValues.create(Http1Guard.LENGTH_OF_NO_BODY, reset ? "0" : announcedLength));
    } else if (length >= 0) {
      to.contentLength(bodiless ? 0 : length);
    }
    lengthKnown = length >= 0;
    if (hasBody && !bodiless) {
      out = response.outputStream();
    }
  }

  // An unread body is not worth reading to keep the connection: it may be gigabytes.
  private void closeIfAsked(ServerResponseHeaders headers) {
    if (bodyLeft || draining.getAsBoolean()) {
      headers.set(HeaderValues.CONNECTION_CLOSE);
    }
  }

  @Override
  public void accept(BufferData piece, boolean pause) {
    OutputStream stream = out;
    if (stream == null) {
      return;
    }
    try {
      piece.writeTo(stream);
      // Helidon keeps the first piece back until a second comes, in case there is none.
      if (pause && !flushed && !lengthKnown) {
        stream.flush();
        flushed = true;
      }
    } catch (IOException e) {
      throw new ServerConnectionException("the client is gone", e);
    }
  }

  /** Helidon can be made to write the head alone only where it announces a length. */
  @Override
  public void awaitBody() {
    OutputStream stream = out;
    if (stream == null || !lengthKnown) {
      return;
    }
    try {
      stream.write(NOTHING);
      stream.flush();
    } catch (IOException e) {
      throw new ServerConnectionException("the client is gone", e);
    }
  }

  @Override
  public void end() {
    OutputStream stream = out;
    if (stream == null) {
      response.send(NOTHING);
    } else {
      try {
        stream.close();
      } catch (IOException e) {
        throw new ServerConnectionException("the client is gone", e);
      }
    }
  }

  @Override
  public void refuse(ProxyError error) {
    ServerResponseHeaders headers = response.headers();
    if (error.closes()) {
      headers.set(HeaderValues.CONNECTION_CLOSE);
    }
    closeIfAsked(headers);
    headers.set(HeaderValues.create(HeaderNames.CONTENT_TYPE, "application/json"));
    if (error.retryAfterSeconds() > 0) {
      headers.set(HeaderValues.create(HeaderNames.RETRY_AFTER, error.retryAfterSeconds()));
    }
    if (!error.allow().isEmpty()) {
      headers.set(HeaderValues.create(HeaderNames.ALLOW, error.allow()));
    }
    byte[] body = error.json().getBytes(StandardCharsets.UTF_8);
    response.status(error.status());
    if (method().equals("HEAD")) {
      headers.contentLength(body.length);
      response.send(NOTHING);
    } else {
      response.send(body);
    }
  }

  @Override
  public void cut() {
    throw new CloseConnectionException("the node's answer ended early");
  }
}
