package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.fn.ApiAddress.Place;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiAddressTest {

  @ParameterizedTest
  @CsvSource({
    "http://fn-api:8080, HTTP, fn-api, 8080",
    "HTTP://FN-API:80/, HTTP, fn-api, 80",
    "https://10.0.0.1:443, HTTPS, 10.0.0.1, 443",
    "http://[2001:DB8::1]:8080, HTTP, 2001:db8::1, 8080",
  })
  void readsAnAddress(String text, Place place, String host, int port) {
    assertThat(ApiAddress.parse(text)).isEqualTo(new ApiAddress(place, host, port));
  }

  @Test
  void readsTheTwoWords() {
    assertThat(ApiAddress.parse("nodes")).isEqualTo(ApiAddress.NODES);
    assertThat(ApiAddress.parse("off")).isEqualTo(ApiAddress.OFF);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "on",
        "fn-api:8080",
        "ftp://fn-api:21",
        "http://",
        "http://:8080",
        "http://fn-api",
        "http://fn-api:",
        "http://fn-api:0",
        "http://fn-api:65536",
        "http://fn-api:8080/v2",
        "http://fn-api:8080?x",
        "http://fn-api:8080#x",
        "http://fn-api:8080//",
        "http://http://fn-api:8080",
        "http://not a host:8080",
        "http://2001:db8::1:8080",
        "http://[2001:db8::1]",
      })
  void takesNothingElse(String text) {
    assertThat(ApiAddress.parse(text)).isNull();
  }

  @Test
  void hidesAPasswordThatItRefuses() {
    assertThatThrownBy(() -> ApiAddress.parse("http://user:secret@fn-api:8080"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'http://***@fn-api:8080' (expected: " + ApiAddress.EXPECTED + ")");
  }
}
