package com.fnproject.lb.admin;

import com.fnproject.lb.node.Quoted;
import io.helidon.http.Status;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** The query parameter {@code since}: an RFC 3339 timestamp, as statistics carry it. */
final class Since {

  private static final String NAME = "since=";
  private static final String EXPECTED =
      " (expected: once, an RFC 3339 timestamp such as 2026-11-23T12:00:01Z)";

  private Since() {}

  /**
   * Finds it in a query. Other parameters are ignored, as the original ignored all. A plus sign
   * stands for itself, since timestamps contain it and people do not encode it.
   *
   * @param query as it came, possibly empty
   * @return {@link Instant#MIN} when it is not there
   * @throws Refusal with status 400 if it is not understood
   */
  static Instant parse(String query) {
    Instant since = null;
    for (String parameter : query.split("&", -1)) {
      if (parameter.equals("since") || (since != null && parameter.startsWith(NAME))) {
        throw bad(parameter);
      }
      if (parameter.startsWith(NAME)) {
        since = timestamp(parameter.substring(NAME.length()));
      }
    }
    return since == null ? Instant.MIN : since;
  }

  private static Instant timestamp(String value) {
    try {
      String text = URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
      return OffsetDateTime.parse(text).toInstant();
    } catch (IllegalArgumentException | DateTimeParseException e) {
      throw bad(value);
    }
  }

  private static Refusal bad(String value) {
    return new Refusal(Status.BAD_REQUEST_400, "parameter 'since': " + Quoted.of(value) + EXPECTED);
  }
}
