package com.fnproject.lb.testbed;

import java.time.Duration;
import java.util.Locale;

/**
 * The header {@value #NAME} of old nodes (0.3.7 to 0.3.579): how long a call waited before it
 * started, as Go writes a duration. Newer nodes send none.
 */
@FunctionalInterface
public interface WaitHeader {
  String NAME = "XXX-FXLB-WAIT";

  /** What old nodes send. */
  WaitHeader MEASURED = WaitHeader::goDuration;

  /** The header's value for a call that waited this long. */
  String value(Duration waited);

  /** Always this value, however wrong. */
  static WaitHeader fixed(String value) {
    return waited -> value;
  }

  /**
   * A duration as Go prints it: {@code 1m2s}, {@code 1.02s}, {@code 502.0941ms}, {@code 3.5µs},
   * {@code 0s}.
   */
  static String goDuration(Duration duration) {
    long nanos = duration.toNanos();
    if (nanos == 0) {
      return "0s";
    }
    if (nanos < 1_000) {
      return nanos + "ns";
    }
    if (nanos < 1_000_000) {
      return decimal(nanos, 1_000) + "µs";
    }
    if (nanos < 1_000_000_000) {
      return decimal(nanos, 1_000_000) + "ms";
    }
    long minutes = nanos / 60_000_000_000L;
    String seconds = decimal(nanos % 60_000_000_000L, 1_000_000_000) + "s";
    if (minutes == 0) {
      return seconds;
    }
    return minutes < 60
        ? minutes + "m" + seconds
        : minutes / 60 + "h" + minutes % 60 + "m" + seconds;
  }

  private static String decimal(long nanos, long unit) {
    int digits = Long.toString(unit).length() - 1;
    String fraction =
        String.format(Locale.ROOT, "%0" + digits + "d", nanos % unit).replaceAll("0+$", "");
    return fraction.isEmpty() ? Long.toString(nanos / unit) : nanos / unit + "." + fraction;
  }
}
