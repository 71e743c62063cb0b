package com.fnproject.lb.upstream;

import com.fnproject.lb.upstream.UpstreamCall.Sink;
import io.helidon.common.buffers.DataReader;
import java.util.HexFormat;

/**
 * The body of one answer, read from its connection as RFC 9112, section 6, frames it. WebClient's
 * own reader is not used: it keeps a whole chunk in memory, fails on chunk extensions, leaves
 * trailers on the connection, where they would be taken for the next answer, and cannot read a body
 * that ends with the connection.
 */
final class AnswerBody {

  /** How the end of a body is known. */
  enum Framing {
    NONE,
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  private static final int MAX_CHUNK_LINE = 4096;
  private static final int MAX_TRAILERS = 65536;

  private final DataReader reader;
  private final Framing framing;
  private final long length;
  private boolean complete;

  AnswerBody(DataReader reader, Framing framing, long length) {
    this.reader = reader;
    this.framing = framing;
    this.length = length;
    this.complete = framing == Framing.NONE || (framing == Framing.LENGTH && length == 0);
  }

  /** Whether the end was reached in good order. */
  boolean complete() {
    return complete;
  }

  /** Whether the connection may carry another answer after this one. */
  boolean connectionSurvives() {
    return complete && framing != Framing.UNTIL_CLOSE;
  }

  byte[] readAll() {
    byte[] bytes = new byte[Math.toIntExact(length)];
    int at = 0;
    while (at < bytes.length) {
      reader.ensureAvailable();
      int count = Math.min(reader.available(), bytes.length - at);
      at += reader.readBuffer(count).read(bytes, at, count);
    }
    complete = true;
    return bytes;
  }

  void relay(Sink sink) {
    switch (framing) {
      case NONE -> {}
      case LENGTH -> {
        if (length > 0 && reader.available() == 0) {
          sink.awaitBody();
        }
        relay(length, sink, true);
      }
      case CHUNKED -> relayChunks(sink);
      case UNTIL_CLOSE -> relayUntilClose(sink);
    }
    complete = true;
  }

  private void relay(long count, Sink sink, boolean last) {
    long left = count;
    while (left > 0) {
      reader.ensureAvailable();
      int available = reader.available();
      int size = (int) Math.min(available, left);
      left -= size;
      // The end of a chunk is followed by at least the next chunk's size, so what is at hand may be
      // that alone.
      boolean pause = available == size || (!last && left == 0 && available - size <= 2);
      sink.accept(reader.readBuffer(size), pause && !(last && left == 0));
    }
  }

  private void relayChunks(Sink sink) {
    while (true) {
      long size = chunkSize(line(MAX_CHUNK_LINE));
      if (size == 0) {
        skipTrailers();
        return;
      }
      relay(size, sink, false);
      if (!line(MAX_CHUNK_LINE).isEmpty()) {
        throw new IllegalStateException("a chunk is longer than it says");
      }
    }
  }

  // A trailer section that nobody announced may be discarded (RFC 9110, section 6.5.1).
  private void skipTrailers() {
    int left = MAX_TRAILERS;
    while (true) {
      String line = line(left);
      if (line.isEmpty()) {
        return;
      }
      left -= line.length() + 2;
    }
  }

  private void relayUntilClose(Sink sink) {
    while (true) {
      try {
        reader.ensureAvailable();
      } catch (DataReader.InsufficientDataAvailableException e) {
        return;
      }
      sink.accept(reader.readBuffer(), reader.available() == 0);
    }
  }

  private String line(int max) {
    int end = max <= 0 ? max : reader.findNewLine(max);
    if (end == max) {
      throw new IllegalStateException("a line of the chunked body is too long");
    }
    String line = end == 0 ? "" : reader.readAsciiString(end);
    reader.skip(2);
    // Helidon looks for a line feed without its carriage return only where no other one follows.
    if (line.indexOf('\n') >= 0) {
      throw new IllegalStateException("a line of the chunked body holds a line feed");
    }
    return line;
  }

  /**
   * RFC 9112, section 7.1: hexadecimal digits, then perhaps extensions, which a recipient ignores.
   */
  private static long chunkSize(String line) {
    int end = 0;
    while (end < line.length() && HexFormat.isHexDigit(line.charAt(end))) {
      end++;
    }
    int rest = end;
    while (rest < line.length() && (line.charAt(rest) == ' ' || line.charAt(rest) == '\t')) {
      rest++;
    }
    if (end == 0 || end > 15 || (rest < line.length() && line.charAt(rest) != ';')) {
      throw new IllegalStateException("a chunk's size is no number");
    }
    return Long.parseLong(line, 0, end, 16);
  }
}
