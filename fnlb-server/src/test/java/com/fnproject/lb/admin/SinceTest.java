package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helidon.http.Status;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SinceTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "a=1", "sinc=x&sinces=y", "Since=x", "x=since=1", "&&"})
  void isTheBeginningOfTimeWhenItIsNotGiven(String query) {
    assertThat(Since.parse(query)).isEqualTo(Instant.MIN);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-23T12:00:01Z, 2026-11-23T12:00:01Z",
    "2026-11-23T12:00:01.5Z, 2026-11-23T12:00:01.500Z",
    "2026-11-23T12:00:01.000000000+02:00, 2026-11-23T10:00:01Z",
    "2026-11-23T12:00:01%2B02:00, 2026-11-23T10:00:01Z",
    "2026-11-23T12%3A00%3A01Z, 2026-11-23T12:00:01Z",
    "2026-11-23T12:00:01-00:30, 2026-11-23T12:30:01Z",
    "+999999999-12-31T23:59:59.999999999-18:00, +1000000000-01-01T17:59:59.999999999Z",
  })
  void isATimestampInAnyZoneWithThePlusAsItIs(String value, String instant) {
    assertThat(Since.parse("a=b&since=" + value + "&c")).isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @CsvSource({
    "since, since",
    "since=, ''",
    "since=yesterday, yesterday",
    "since=1732363201, 1732363201",
    "since=2026-11-23, 2026-11-23",
    "since=2026-11-23T12:00:01, 2026-11-23T12:00:01",
    "since=2026-11-23T25:00:01Z, 2026-11-23T25:00:01Z",
    "since=%zz, %zz",
    "since=2026-11-23T12:00:01Z&since=2026-11-23T12:00:02Z, since=2026-11-23T12:00:02Z",
    "since=2026-11-23T12:00:01Z&since, since",
  })
  void refusesAnythingElseAndNamesIt(String query, String value) {
    Refusal refusal = catchThrowableOfType(Refusal.class, () -> Since.parse(query));
    assertThat(refusal)
        .hasMessage(
            "parameter 'since': '"
                + value
                + "' (expected: once, an RFC 3339 timestamp such as 2026-11-23T12:00:01Z)");
    assertThat(refusal.status()).isEqualTo(Status.BAD_REQUEST_400);
  }
}
