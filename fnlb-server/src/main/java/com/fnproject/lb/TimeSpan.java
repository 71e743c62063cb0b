package com.fnproject.lb;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How operators write times: seconds, as the original took them, or Go's form, such as {@code 30s},
 * {@code 500ms}, {@code 1m30s}, {@code 1.5h}.
 */
public final class TimeSpan {

  /** Longer than any sensible spelling of any time; bounds the work for a hostile one. */
  private static final int LONGEST_TEXT = 40;

  private static final String NUMBER = "([0-9]+(?:\\.[0-9]+)?)";
  private static final Pattern SECONDS = Pattern.compile(NUMBER);
  private static final Pattern PART = Pattern.compile(NUMBER + "(h|ms|m|s|us|ns)");
  private static final BigDecimal MOST_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);

  private TimeSpan() {}

  /** The time, to the nanosecond below, or null when the text is none or is over 292 years. */
  public static @Nullable Duration parse(String text) {
    if (text.length() > LONGEST_TEXT) {
      return null;
    }
    if (SECONDS.matcher(text).matches()) {
      return ofNanos(nanos(text, "s"));
    }
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher part = PART.matcher(text);
    int end = 0;
    while (part.find() && part.start() == end) {
      nanos = nanos.add(nanos(part.group(1), part.group(2)));
      end = part.end();
    }
    return end > 0 && end == text.length() ? ofNanos(nanos) : null;
  }

  /** The shortest way to write a time that {@link #parse} reads back. */
  public static String text(Duration time) {
    if (time.isZero()) {
      return "0s";
    }
    if (time.toNanosPart() != 0) {
      return time.toNanos() % 1_000_000 == 0 ? time.toMillis() + "ms" : time.toNanos() + "ns";
    }
    if (time.toSecondsPart() != 0) {
      return time.toSeconds() + "s";
    }
    return time.toMinutesPart() != 0 ? time.toMinutes() + "m" : time.toHours() + "h";
  }

  private static BigDecimal nanos(String number, String unit) {
    long nanosPerUnit =
        switch (unit) {
          case "h" -> 3_600_000_000_000L;
          case "m" -> 60_000_000_000L;
          case "s" -> 1_000_000_000L;
          case "ms" -> 1_000_000L;
          case "us" -> 1_000L;
          default -> 1L;
        };
    return new BigDecimal(number).multiply(BigDecimal.valueOf(nanosPerUnit));
  }

  private static @Nullable Duration ofNanos(BigDecimal nanos) {
    return nanos.compareTo(MOST_NANOS) > 0 ? null : Duration.ofNanos(nanos.longValue());
  }
}
