package com.fnproject.lb.testbed;

import java.io.IOException;
import java.io.OutputStream;

/** Bytes that can be told from their place, so that neither side keeps a large body to compare. */
public final class AnswerBytes {
  private AnswerBytes() {}

  /** The byte at this place: no two neighbouring blocks of 256 are equal. */
  public static byte at(long offset) {
    return (byte) (offset * 31 + (offset >>> 8) * 7 + (offset >>> 24));
  }

  /** Fills the buffer with what lies at this place. */
  public static void fill(byte[] buffer, int length, long offset) {
    for (int i = 0; i < length; i++) {
      buffer[i] = at(offset + i);
    }
  }

  /** Whether the buffer holds what lies at this place. */
  public static boolean matches(byte[] buffer, int length, long offset) {
    for (int i = 0; i < length; i++) {
      if (buffer[i] != at(offset + i)) {
        return false;
      }
    }
    return true;
  }

  /** Writes the first bytes, 64 KiB at a time. */
  public static void write(OutputStream out, long length) throws IOException {
    byte[] buffer = new byte[(int) Math.min(64 << 10, Math.max(1, length))];
    for (long offset = 0; offset < length; offset += buffer.length) {
      int count = (int) Math.min(buffer.length, length - offset);
      fill(buffer, count, offset);
      out.write(buffer, 0, count);
    }
  }
}
