package com.fnproject.lb.testbed.wire;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** One socket, read with deadlines and framed by HTTP/1.1's rules. Belongs to one thread. */
final class Wire {
  private static final int MAX_HEAD = 4 << 20;
  private static final int MAX_LINE = 64 << 10;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private Duration patience;

  Wire(Socket socket, Duration patience) throws IOException {
    this.socket = socket;
    this.patience = patience;
    socket.setTcpNoDelay(true);
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** From now on a read may take this long. */
  void patience(Duration time) {
    patience = time;
  }

  void write(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** A head with its empty line. */
  RawHead readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream(512);
    long deadline = deadline();
    int last4 = 0;
    while (last4 != 0x0d0a0d0a) {
      int b = read(deadline, head);
      if (b < 0) {
        throw new EOFException(
            head.size() == 0 ? "closed before a head" : "closed within a head: " + text(head));
      }
      head.write(b);
      last4 = last4 << 8 | b;
      if (head.size() > MAX_HEAD) {
        throw new IOException("a head over " + MAX_HEAD + " bytes");
      }
    }
    return new RawHead(text(head));
  }

  /**
   * The body that belongs to this head; until the end of the connection where {@code untilEnd} and
   * nothing is said.
   */
  RawBody readBody(RawHead head, boolean untilEnd) throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    ByteArrayOutputStream raw = new ByteArrayOutputStream();
    boolean complete = readBody(head, untilEnd, content, raw);
    return RawBody.of(content, raw, complete);
  }

  /**
   * As {@link #readBody(RawHead, boolean)}, into streams; false when the connection ended before
   * the body.
   */
  boolean readBody(RawHead head, boolean untilEnd, OutputStream content, OutputStream raw)
      throws IOException {
    if (head.chunked()) {
      return readChunks(content, raw);
    }
    long length = head.contentLength();
    if (length >= 0) {
      return copy(length, content, raw);
    }
    if (untilEnd) {
      boolean unused = copy(Long.MAX_VALUE, content, raw);
    }
    return true;
  }

  private boolean readChunks(OutputStream content, OutputStream raw) throws IOException {
    while (true) {
      String line = readLine(raw);
      if (!line.endsWith("\r\n")) {
        return false;
      }
      int extension = line.indexOf(';');
      String size = (extension < 0 ? line : line.substring(0, extension)).strip();
      long length = Long.parseLong(size, 16);
      if (length == 0) {
        return readTrailers(raw);
      }
      if (!copy(length, content, raw) || !readLine(raw).equals("\r\n")) {
        return false;
      }
    }
  }

  private boolean readTrailers(OutputStream raw) throws IOException {
    while (true) {
      String line = readLine(raw);
      if (line.equals("\r\n")) {
        return true;
      }
      if (!line.endsWith("\r\n")) {
        return false;
      }
    }
  }

  private String readLine(OutputStream raw) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(32);
    long deadline = deadline();
    for (int b = read(deadline, line); b >= 0; b = read(deadline, line)) {
      line.write(b);
      raw.write(b);
      if (b == '\n') {
        break;
      }
      if (line.size() > MAX_LINE) {
        throw new IOException("a line over " + MAX_LINE + " bytes");
      }
    }
    return text(line);
  }

  private boolean copy(long length, OutputStream content, OutputStream raw) throws IOException {
    byte[] buffer = new byte[(int) Math.min(64 << 10, Math.max(1, length))];
    long left = length;
    while (left > 0) {
      socket.setSoTimeout(millis(deadline()));
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        return false;
      }
      content.write(buffer, 0, count);
      raw.write(buffer, 0, count);
      left -= count;
    }
    return true;
  }

  /** Exactly so many bytes. */
  byte[] readBytes(int count) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(count);
    if (!copy(count, bytes, OutputStream.nullOutputStream())) {
      throw new EOFException(
          "closed after " + bytes.size() + " of " + count + " bytes: " + text(bytes));
    }
    return bytes.toByteArray();
  }

  /** All that comes until the connection ends; a reset counts as the end. */
  byte[] readToEnd() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      boolean unused = copy(Long.MAX_VALUE, bytes, OutputStream.nullOutputStream());
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (java.net.SocketException reset) {
      return bytes.toByteArray();
    }
    return bytes.toByteArray();
  }

  private int read(long deadline, ByteArrayOutputStream soFar) throws IOException {
    if (in.available() == 0) {
      socket.setSoTimeout(millis(deadline));
    }
    try {
      return in.read();
    } catch (SocketTimeoutException e) {
      SocketTimeoutException named =
          new SocketTimeoutException(
              "nothing within " + patience.toMillis() + " ms after: '" + text(soFar) + "'");
      named.initCause(e);
      throw named;
    }
  }

  private long deadline() {
    return System.nanoTime() + patience.toNanos();
  }

  private static int millis(long deadline) throws SocketTimeoutException {
    long left = (deadline - System.nanoTime() + 999_999) / 1_000_000;
    if (left <= 0) {
      throw new SocketTimeoutException("out of time");
    }
    return (int) Math.min(left, Integer.MAX_VALUE);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }
}
