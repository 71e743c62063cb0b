package com.fnproject.lb.testbed;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Fn's ids: 26 characters of Crockford's base 32 over milliseconds (48 bits), IPv4 address and port
 * (48 bits) and a counter (32 bits) (fn {@code api/id/id.go}). Thread-safe.
 */
final class FnIds {
  private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int LENGTH = 26;

  private final long machine;
  private final AtomicInteger counter = new AtomicInteger();

  /** Ids of a server at 127.0.0.1 and this port. */
  FnIds(int port) {
    this.machine = 0x7f000001L << 16 | (port & 0xffff);
  }

  String next(long epochMillis) {
    return text(epochMillis, machine, counter.incrementAndGet());
  }

  static String text(long epochMillis, long machine, int count) {
    long high = epochMillis << 16 | (machine >>> 32);
    long low = machine << 32 | (count & 0xffffffffL);
    char[] text = new char[LENGTH];
    for (int i = LENGTH - 1; i >= 0; i--) {
      text[i] = ALPHABET.charAt((int) (low & 31));
      low = low >>> 5 | high << 59;
      high >>>= 5;
    }
    return new String(text);
  }
}
