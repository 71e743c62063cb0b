package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.Outcome;
import io.helidon.http.HeaderNames;
import io.helidon.http.WritableHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Fn's answers prove: the rows of fnproject/fn's {@code api/models/error.go}. */
class FnAnswerTest {

  private static WritableHeaders<?> headers(boolean callId, boolean retryAfter) {
    WritableHeaders<?> headers = WritableHeaders.create();
    if (callId) {
      headers.set(HeaderNames.create("Fn-Call-Id"), "01D7M8KVR41BT061G0A0000002");
    }
    if (retryAfter) {
      headers.set(HeaderNames.RETRY_AFTER, "15");
    }
    return headers;
  }

  private static Outcome outcome(int status, String message, boolean callId, boolean retryAfter) {
    byte[] body = ("{\"message\":\"" + message + "\"}\n").getBytes(StandardCharsets.UTF_8);
    return FnAnswer.outcome(
        status, headers(callId, retryAfter), FnAnswer.bodyMatters(status) ? body : null);
  }

  @ParameterizedTest
  @CsvSource({
    // status, message, Fn-Call-Id, Retry-After, what it proves
    "200, whatever, true, false, RAN",
    "202, whatever, true, false, RAN",
    "301, whatever, false, false, RAN",
    "418, a function's own through a trigger, true, false, RAN",
    "503, Timed out - server too busy, true, true, BUSY",
    "503, Timed out - server too busy, false, true, BUSY",
    "503, Timed out - server too busy, true, false, RAN",
    "503, timed out - server too busy, true, true, RAN",
    "503, a function's own 503, true, true, RAN",
    "503, a proxy's 503, false, true, NOT_RUN",
    "400, Requested CPU/Memory cannot be allocated, false, false, BUSY",
    "400, Bad Request, false, false, NOT_RUN",
    "400, a function's own 400, true, false, RAN",
    "404, Fn not found, false, false, NOT_RUN",
    "404, a function's own 404, true, false, NOT_RUN",
    "405, Method not allowed, false, false, NOT_RUN",
    "413, too large, false, false, NOT_RUN",
    "444, client went away, true, false, NOT_RUN",
    "500, internal server error, true, false, NOT_RUN",
    "501, detached, false, false, NOT_RUN",
    "502, function failed, true, false, RAN",
    "502, error receiving function response, true, false, RAN",
    "'502', 'Container failed to initialize, please ensure...', true, false, NOT_RUN",
    "504, Timed out, true, false, RAN",
    "504, Image pull timed out, true, false, NOT_RUN",
    "'504', 'Container initialization timed out, please...', true, false, NOT_RUN",
  })
  void provesByStatusAndMessageTogether(
      int status, String message, boolean callId, boolean retryAfter, Outcome expected) {
    assertThat(outcome(status, message, callId, retryAfter)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''",
        "not json",
        "[]",
        "{}",
        "null",
        "{\"message\":null}",
        "{\"message\":[\"Timed out - server too busy\"]}",
        "{\"msg\":\"Timed out - server too busy\"}",
        "{\"message\":\"Timed out - server too busy\"",
        "\u0000\u00ff",
      })
  void aBodyThatIsNotFnsProvesNothingOfRoom(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
    assertThat(FnAnswer.outcome(503, headers(true, true), bytes)).isEqualTo(Outcome.RAN);
    assertThat(FnAnswer.outcome(503, headers(false, true), bytes)).isEqualTo(Outcome.NOT_RUN);
  }

  @Test
  void noBodyHoweverBrokenOrDeepEndsInAnError() {
    List<String> deep =
        List.of("[".repeat(1024), "{\"a\":".repeat(170), "{\"message\":".repeat(85));
    for (String body : deep) {
      assertThat(
              FnAnswer.outcome(
                  503, headers(true, true), body.getBytes(StandardCharsets.ISO_8859_1)))
          .isEqualTo(Outcome.RAN);
    }
    Random random = new Random(5);
    String pieces = "{}[],:\"\\mu0\u00ff\u0000\u00fe -e1tn";
    for (int i = 0; i < 20_000; i++) {
      byte[] body = new byte[random.nextInt(40)];
      for (int at = 0; at < body.length; at++) {
        body[at] = (byte) pieces.charAt(random.nextInt(pieces.length()));
      }
      assertThat(FnAnswer.outcome(503, headers(true, true), body))
          .as(() -> Arrays.toString(body))
          .isEqualTo(Outcome.RAN);
    }
  }

  @Test
  void aBodyThatWasTooLongToReadProvesNothingOfRoom() {
    assertThat(FnAnswer.outcome(503, headers(true, true), null)).isEqualTo(Outcome.RAN);
    assertThat(FnAnswer.outcome(400, headers(false, false), null)).isEqualTo(Outcome.NOT_RUN);
  }

  @ParameterizedTest
  @CsvSource({
    "502.0941ms, 502094100",
    "1.02s, 1020000000",
    "1m2s, 62000000000",
    "0, 0",
    "0s, 0",
    "-5ms, -1",
    "garbage, -1",
    "'', -1",
    "5, -1",
    "1e3s, -1",
  })
  void theWaitHeaderIsAGoDurationOrNothing(String value, long nanos) {
    WritableHeaders<?> headers = WritableHeaders.create();
    assertThat(FnAnswer.waitNanos(headers)).isEqualTo(-1);
    headers.set(HeaderNames.create("XXX-FXLB-WAIT"), value);
    assertThat(FnAnswer.waitNanos(headers)).isEqualTo(nanos);
  }
}
