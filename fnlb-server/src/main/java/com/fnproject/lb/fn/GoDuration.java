package com.fnproject.lb.fn;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Durations as Go's {@code time.Duration} prints them: {@code 502.0941ms}, {@code 1.02s}, {@code
 * 1m2s}.
 */
final class GoDuration {

  private static final int MAX_LENGTH = 64;
  private static final BigDecimal MAX_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);

  private GoDuration() {}

  /**
   * Parses a duration as Go's {@code time.ParseDuration} does.
   *
   * @param text any text
   * @return null if it is none
   */
  static @Nullable Duration parse(String text) {
    int at = 0;
    boolean negative = false;
    if (text.length() > MAX_LENGTH) {
      return null;
    }
    if (text.startsWith("-") || text.startsWith("+")) {
      negative = text.charAt(0) == '-';
      at = 1;
    }
    if (text.substring(at).equals("0")) {
      return Duration.ZERO;
    }
    if (at == text.length()) {
      return null;
    }
    BigDecimal nanos = BigDecimal.ZERO;
    while (at < text.length()) {
      int unitAt = at;
      int digits = 0;
      int points = 0;
      while (unitAt < text.length()
          && (isDigit(text.charAt(unitAt)) || text.charAt(unitAt) == '.')) {
        if (text.charAt(unitAt) == '.') {
          points++;
        } else {
          digits++;
        }
        unitAt++;
      }
      int end = unitAt;
      while (end < text.length() && !isDigit(text.charAt(end)) && text.charAt(end) != '.') {
        end++;
      }
      long unit = unitNanos(text.substring(unitAt, end));
      if (digits == 0 || points > 1 || unit < 0) {
        return null;
      }
      nanos =
          nanos.add(new BigDecimal(text.substring(at, unitAt)).multiply(BigDecimal.valueOf(unit)));
      at = end;
    }
    if (nanos.compareTo(MAX_NANOS) > 0) {
      return null;
    }
    Duration duration = Duration.ofNanos(nanos.setScale(0, RoundingMode.DOWN).longValueExact());
    return negative ? duration.negated() : duration;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static long unitNanos(String unit) {
    return switch (unit) {
      case "ns" -> 1L;
      case "us", "µs", "μs" -> 1_000L;
      case "ms" -> 1_000_000L;
      case "s" -> 1_000_000_000L;
      case "m" -> 60_000_000_000L;
      case "h" -> 3_600_000_000_000L;
      default -> -1L;
    };
  }
}
