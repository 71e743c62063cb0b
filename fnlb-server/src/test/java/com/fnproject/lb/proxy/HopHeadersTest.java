package com.fnproject.lb.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.WritableHeaders;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which header fields pass from one connection to the next. */
class HopHeadersTest {

  private static WritableHeaders<?> headers(String... lines) {
    WritableHeaders<?> headers = WritableHeaders.create();
    for (String line : lines) {
      int colon = line.indexOf(':');
      headers.add(HeaderValues.create(line.substring(0, colon), line.substring(colon + 1).strip()));
    }
    return headers;
  }

  private static List<String> passed(String... lines) {
    WritableHeaders<?> to = WritableHeaders.create();
    HopHeaders.copyEndToEnd(headers(lines), to);
    List<String> passed = new ArrayList<>();
    for (Header header : to) {
      header.allValues().forEach(value -> passed.add(header.name() + ": " + value));
    }
    return passed;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length"
      })
  void keepsBackWhatSpeaksOfOneConnection(String name) {
    assertThat(passed(name + ": x", "A: b")).containsExactly("A: b");
    assertThat(passed(name.toLowerCase(java.util.Locale.ROOT) + ": x")).isEmpty();
  }

  @Test
  void passesEverythingElseWithAllItsValuesInOrder() {
    assertThat(passed("Host: h", "Set-Cookie: a=1", "Set-Cookie: b=2", "x-Own: 1", "Tex: 2"))
        .containsExactlyInAnyOrder(
            "Host: h", "Set-Cookie: a=1", "Set-Cookie: b=2", "x-Own: 1", "Tex: 2");
  }

  @Test
  void keepsBackWhatConnectionNamesInAnyCaseAndSpacing() {
    assertThat(
            passed(
                "Connection: close,A ,, b;q=1,  Content-Type",
                "Connection: KEEP-ALIVE, \tx-forwarded-for,HOST",
                "a: 1",
                "b: 2",
                "C: 3",
                "Content-Type: text/plain",
                "X-Forwarded-For: 10.0.0.1",
                "Host: h",
                "close: 4",
                "keep-alive: 5"))
        .containsExactlyInAnyOrder("b: 2", "C: 3", "Host: h", "close: 4");
    assertThat(passed("Connection: ", "Connection: ,", "A: b")).containsExactly("A: b");
  }

  @Test
  void leavesTheFieldsItCopiesAsTheyWere() {
    WritableHeaders<?> from = headers("X-Forwarded-For: 10.0.0.1", "X-Own: 1", "X-Own: 2");
    WritableHeaders<?> to = WritableHeaders.create();
    HopHeaders.copyEndToEnd(from, to);
    HopHeaders.forwardedFor(to, "10.0.0.9");
    to.add(HeaderNames.create("X-Own"), "3");
    assertThat(to.get(HeaderNames.X_FORWARDED_FOR).allValues())
        .containsExactly("10.0.0.1, 10.0.0.9");
    assertThat(from.get(HeaderNames.X_FORWARDED_FOR).allValues()).containsExactly("10.0.0.1");
    assertThat(from.get(HeaderNames.create("X-Own")).allValues()).containsExactly("1", "2");
  }

  @Test
  void setsXForwardedForWhereThereIsNone() {
    WritableHeaders<?> to = WritableHeaders.create();
    HopHeaders.forwardedFor(to, "::1");
    assertThat(to.get(HeaderNames.X_FORWARDED_FOR).allValues()).containsExactly("::1");
  }

  @Test
  void seesWhereBytesWereLost() {
    for (Header header : headers("A: caf\ufffd", "B: 1", "B: \ufffd")) {
      assertThat(HopHeaders.isLossy(header)).isTrue();
    }
    for (Header header : headers("A: cafe", "B: 1", "B: ", "C: ~!\t ")) {
      assertThat(HopHeaders.isLossy(header)).isFalse();
    }
  }
}
