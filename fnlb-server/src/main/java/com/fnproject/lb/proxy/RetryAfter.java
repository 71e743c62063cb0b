package com.fnproject.lb.proxy;

import io.helidon.http.DateTime;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/**
 * The field {@code Retry-After} (RFC 9110, section 10.2.3): seconds, or a date in any of HTTP's
 * forms.
 */
final class RetryAfter {

  private RetryAfter() {}

  /**
   * How long to wait before trying again.
   *
   * @param headers the answer's
   * @param clock what a date is compared with
   * @return nanoseconds, 0 for a date that has passed, at most {@link Long#MAX_VALUE}; -1 when the
   *     field is absent or unreadable
   */
  static long nanos(Headers headers, InstantSource clock) {
    if (!headers.contains(HeaderNames.RETRY_AFTER)) {
      return -1;
    }
    String value = headers.get(HeaderNames.RETRY_AFTER).get().strip();
    if (!value.isEmpty() && isDigits(value)) {
      // More digits than a long has are a very long time all the same.
      return value.length() > 18 ? Long.MAX_VALUE : TimeUnit.SECONDS.toNanos(Long.parseLong(value));
    }
    Instant now = clock.instant();
    try {
      Instant then = DateTime.parse(value, now.atZone(ZoneOffset.UTC)).toInstant();
      return then.isBefore(now) ? 0 : TimeUnit.NANOSECONDS.convert(Duration.between(now, then));
    } catch (DateTimeException e) {
      return -1;
    }
  }

  private static boolean isDigits(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }
}
