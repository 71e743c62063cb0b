package com.fnproject.lb.proxy;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The Date field of answers that have none yet, made once a second at most. Helidon's own speaks of
 * the local time zone, and writes the first nine days of a month with one digit; RFC 9110, section
 * 5.6.7, wants GMT and two. Thread-safe.
 */
public final class DateField {

  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private record Made(long second, Header field) {}

  private final InstantSource clock;
  private volatile Made latest;

  /**
   * Creates a field that follows a clock.
   *
   * @param clock tells the time
   */
  public DateField(InstantSource clock) {
    this.clock = clock;
    latest = made(Math.floorDiv(clock.millis(), 1000));
  }

  /**
   * The field for an answer that is sent now.
   *
   * @return a field that is shared, to be set and not changed
   */
  public Header now() {
    long second = Math.floorDiv(clock.millis(), 1000);
    Made made = latest;
    if (made.second != second) {
      made = made(second);
      latest = made;
    }
    return made.field;
  }

  private static Made made(long second) {
    String text = FORMAT.format(Instant.ofEpochSecond(second));
    return new Made(second, HeaderValues.createCached(HeaderNames.DATE, text));
  }
}
