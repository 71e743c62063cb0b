package com.fnproject.lb.testbed.wire;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One connection of a {@link RudeNode}, as its script sees it. Belongs to the connection's thread.
 */
public final class RudeConnection {
  /** No script waits longer for anything, so that a forgotten one ends. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private final int number;
  private final Socket socket;
  private final Wire wire;
  private final Consumer<RawRequest> recorder;

  RudeConnection(int number, Socket socket, Consumer<RawRequest> recorder) throws IOException {
    this.number = number;
    this.socket = socket;
    this.wire = new Wire(socket, PATIENCE);
    this.recorder = recorder;
  }

  /** Counts the node's connections from 1. */
  public int number() {
    return number;
  }

  /** Reads and records the next request's head; its body, if any, is still to come. */
  public RawRequest readHead() throws IOException {
    RawRequest request = new RawRequest(number, wire.readHead());
    recorder.accept(request);
    return request;
  }

  /** Reads and records the body of this request, unless that was done. */
  public RawBody readBody(RawRequest request) throws IOException {
    RawBody known = request.body();
    if (known != null) {
      return known;
    }
    RawBody body = wire.readBody(request.head(), false);
    request.body(body);
    return body;
  }

  /** Sends this text, one byte per character (ISO 8859-1). */
  public void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public void write(byte[] bytes) throws IOException {
    wire.write(bytes);
  }

  /** Waits until the test lets the script go on, or until the node is closed. */
  public void await(Semaphore signal) throws IOException {
    try {
      if (!signal.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("no signal within " + PATIENCE.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the node closes", e);
    }
  }

  /** Does nothing more until the other side closes. */
  public void ignore() throws IOException {
    byte[] unused = wire.readToEnd();
  }

  /** Sends no more, but goes on reading. */
  public void finishSending() throws IOException {
    socket.shutdownOutput();
  }

  public void close() throws IOException {
    socket.close();
  }

  /** Ends the connection with a reset instead of an orderly close. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  boolean closed() {
    return socket.isClosed();
  }
}
