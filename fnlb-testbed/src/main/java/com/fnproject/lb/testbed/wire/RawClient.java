package com.fnproject.lb.testbed.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * An HTTP client that sends the bytes it is given and shows the bytes it gets. It repeats nothing
 * and follows nothing. Every read has a deadline, 10 s unless {@link #patience} says otherwise,
 * after which a {@link SocketTimeoutException} tells what came until then. Belongs to one thread.
 */
public final class RawClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Socket socket;
  private final Wire wire;

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.wire = new Wire(socket, PATIENCE);
  }

  /** Connects to this port of 127.0.0.1. */
  public static RawClient connect(int port) throws IOException {
    return connect("127.0.0.1", port);
  }

  public static RawClient connect(String host, int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), (int) PATIENCE.toMillis());
      return new RawClient(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** From now on a read may take this long. */
  public RawClient patience(Duration time) {
    wire.patience(time);
    return this;
  }

  /** Sends this text, one byte per character (ISO 8859-1); line ends are the caller's. */
  public RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public RawClient send(byte[] bytes) throws IOException {
    wire.write(bytes);
    return this;
  }

  /** Sends no more, but goes on reading. */
  public RawClient finishSending() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** Sends a request and reads the answer to it. */
  public RawAnswer exchange(String request) throws IOException {
    send(request);
    return readAnswer(request.startsWith("HEAD "));
  }

  /** A GET of this target with a Host. */
  public RawAnswer get(String target) throws IOException {
    return exchange("GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n");
  }

  /** Reads a final answer with its body; interim answers (1xx but 101) are passed over. */
  public RawAnswer readAnswer() throws IOException {
    return readAnswer(false);
  }

  /** As {@link #readAnswer()}; an answer to HEAD has no body. */
  public RawAnswer readAnswer(boolean toHead) throws IOException {
    RawHead head = readHead();
    while (head.status() / 100 == 1 && head.status() != 101) {
      head = readHead();
    }
    return new RawAnswer(head, bodiless(toHead, head) ? RawBody.NONE : wire.readBody(head, true));
  }

  /** Reads one head, an interim answer's as well. */
  public RawHead readHead() throws IOException {
    return wire.readHead();
  }

  /** Reads the body that belongs to this head. */
  public RawBody readBody(RawHead head) throws IOException {
    return wire.readBody(head, true);
  }

  /**
   * Reads the body that belongs to this head into a stream, however long it is.
   *
   * @return false when the connection ended before the body did
   */
  public boolean readBody(RawHead head, OutputStream into) throws IOException {
    return wire.readBody(head, true, into, OutputStream.nullOutputStream());
  }

  /** Reads exactly so many bytes, whatever they mean. */
  public byte[] readBytes(int count) throws IOException {
    return wire.readBytes(count);
  }

  /** Reads this text and fails when it is another. */
  public void expect(String text) throws IOException {
    String got = new String(wire.readBytes(text.length()), StandardCharsets.ISO_8859_1);
    if (!got.equals(text)) {
      throw new IOException("expected '" + text + "' but got '" + got + "'");
    }
  }

  /** Everything until the other side closes or resets, one character per byte. */
  public String readToEnd() throws IOException {
    return new String(wire.readToEnd(), StandardCharsets.ISO_8859_1);
  }

  /** Whether the other side closes, without sending more, within this time. */
  public boolean closedWithin(Duration time) throws IOException {
    wire.patience(time);
    try {
      return wire.readToEnd().length == 0;
    } catch (SocketTimeoutException e) {
      return false;
    } finally {
      wire.patience(PATIENCE);
    }
  }

  /** Whether nothing at all comes within this time. */
  public boolean silentFor(Duration time) throws IOException {
    wire.patience(time);
    try {
      byte[] unused = wire.readBytes(1);
      return false;
    } catch (SocketTimeoutException e) {
      return true;
    } finally {
      wire.patience(PATIENCE);
    }
  }

  /** The local port, which is how the other side knows this connection. */
  public int localPort() {
    return socket.getLocalPort();
  }

  /** Ends the connection with a reset instead of an orderly close. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean bodiless(boolean toHead, RawHead head) {
    return toHead || head.status() == 204 || head.status() == 304 || head.status() == 101;
  }
}
