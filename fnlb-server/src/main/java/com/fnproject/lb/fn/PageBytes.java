package com.fnproject.lb.fn;

import com.fnproject.lb.upstream.UpstreamCall;
import io.helidon.common.buffers.BufferData;
import java.util.function.LongSupplier;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The bytes of a metrics page on their way from the connection to the parser, unpacked if need be
 * (gzip, RFC 1952: one member, without the optional fields that no server sends), and bounded:
 * packed and unpacked. Belongs to one thread.
 */
final class PageBytes implements UpstreamCall.Sink, AutoCloseable {

  /** RFC 1952, section 2.3.1. */
  private static final int HEADER = 10;

  /** CRC-32 and length, each of four bytes. */
  private static final int TRAILER = 8;

  private final MetricsParser parser;
  private final int maxBytes;
  private final LongSupplier clock;
  private final byte[] text = new byte[16 * 1024];
  private final Inflater inflater = new Inflater(true);
  private final CRC32 checksum = new CRC32();
  private final byte[] trailer = new byte[TRAILER];

  private boolean packed;
  private long packedBytes;
  private long textBytes;
  private int headerAt;
  private int trailerAt;
  private long workedNanos;

  /**
   * @param maxBytes most bytes of a page, packed as well as unpacked
   */
  PageBytes(MetricsParser parser, int maxBytes, LongSupplier clock) {
    this.parser = parser;
    this.maxBytes = maxBytes;
    this.clock = clock;
  }

  /** Begins a page. */
  void begin(boolean isPacked) {
    packed = isPacked;
    packedBytes = 0;
    textBytes = 0;
    headerAt = 0;
    trailerAt = 0;
    workedNanos = 0;
    inflater.reset();
    checksum.reset();
    parser.begin();
  }

  @Override
  public void accept(BufferData piece, boolean pause) {
    byte[] bytes = piece.readBytes();
    long began = clock.getAsLong();
    packedBytes += bytes.length;
    if (packedBytes > maxBytes) {
      throw tooLarge();
    }
    if (packed) {
      unpack(bytes);
    } else {
      parse(bytes, bytes.length);
    }
    workedNanos += clock.getAsLong() - began;
  }

  private void parse(byte[] bytes, int length) {
    textBytes += length;
    if (textBytes > maxBytes) {
      throw tooLarge();
    }
    parser.accept(bytes, 0, length);
  }

  private ScrapeFailure tooLarge() {
    return new ScrapeFailure(ScrapeResult.TOO_LARGE, "a page of more than " + maxBytes + " bytes");
  }

  private void unpack(byte[] bytes) {
    int at = 0;
    while (at < bytes.length && headerAt < HEADER) {
      checkHeader(headerAt++, bytes[at++] & 0xff);
    }
    if (!inflater.finished() && at < bytes.length) {
      inflater.setInput(bytes, at, bytes.length - at);
      inflate();
      at = bytes.length - inflater.getRemaining();
    }
    while (at < bytes.length) {
      if (trailerAt == TRAILER) {
        throw broken("bytes behind the end");
      }
      trailer[trailerAt++] = bytes[at++];
    }
  }

  private void inflate() {
    try {
      int count;
      while ((count = inflater.inflate(text)) > 0) {
        checksum.update(text, 0, count);
        parse(text, count);
      }
    } catch (DataFormatException e) {
      throw broken("not deflated");
    }
    if (inflater.needsDictionary()) {
      throw broken("a dictionary");
    }
  }

  private static void checkHeader(int at, int value) {
    boolean fits =
        switch (at) {
          case 0 -> value == 0x1f;
          case 1 -> value == 0x8b;
          case 2 -> value == 8;
          case 3 -> (value & ~1) == 0;
          default -> true;
        };
    if (!fits) {
      throw broken("its header is none");
    }
  }

  private static ScrapeFailure broken(String what) {
    return new ScrapeFailure(ScrapeResult.BROKEN, "a gzip stream that cannot be read: " + what);
  }

  /**
   * The page, its last byte taken.
   *
   * @throws ScrapeFailure if it was none
   */
  MetricsPage end() {
    if (packed && (trailerAt < TRAILER || word(0) != checksum.getValue() || isLengthWrong())) {
      throw broken("it ends early or its checksum is wrong");
    }
    long began = clock.getAsLong();
    MetricsPage page = parser.end();
    workedNanos += clock.getAsLong() - began;
    if (page == null) {
      throw new ScrapeFailure(ScrapeResult.NO_METRICS, "no page of metrics in Prometheus' format");
    }
    return page;
  }

  private boolean isLengthWrong() {
    return word(4) != (textBytes & 0xffffffffL);
  }

  private long word(int at) {
    return (trailer[at] & 0xffL)
        | (trailer[at + 1] & 0xffL) << 8
        | (trailer[at + 2] & 0xffL) << 16
        | (trailer[at + 3] & 0xffL) << 24;
  }

  /** What unpacking and parsing has taken, without waiting for the node. */
  long workedNanos() {
    return workedNanos;
  }

  @Override
  public void close() {
    inflater.end();
  }
}
