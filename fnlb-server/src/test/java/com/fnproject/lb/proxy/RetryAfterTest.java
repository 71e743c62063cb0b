package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.http.HeaderNames;
import io.helidon.http.WritableHeaders;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("1994-11-06T08:49:07Z"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "0 | 0",
        "15 | 15000000000",
        "' 2 ' | 2000000000",
        "99999999999 | 9223372036854775807",
        "99999999999999999999999 | 9223372036854775807",
        "Sun, 06 Nov 1994 08:49:37 GMT | 30000000000",
        "Sunday, 06-Nov-94 08:49:37 GMT | 30000000000",
        "Sun Nov  6 08:49:37 1994 | 30000000000",
        "Sun, 06 Nov 1994 08:49:07 GMT | 0",
        "Sun, 06 Nov 1994 08:48:00 GMT | 0",
        "Fri, 31 Dec 9999 23:59:59 GMT | 9223372036854775807",
        "-1 | -1",
        "1.5 | -1",
        "soon | -1",
        "'' | -1",
        "Sun, 06 Nov 1994 08:49:37 | -1"
      })
  void readsSecondsAndDatesInEveryFormOfHttps(String value, long nanos) {
    WritableHeaders<?> headers = WritableHeaders.create();
    headers.set(HeaderNames.RETRY_AFTER, value);
    assertThat(RetryAfter.nanos(headers, CLOCK)).isEqualTo(nanos);
  }

  @Test
  void isNotToldWhereThereIsNone() {
    assertThat(RetryAfter.nanos(WritableHeaders.create(), CLOCK)).isEqualTo(-1);
  }
}
