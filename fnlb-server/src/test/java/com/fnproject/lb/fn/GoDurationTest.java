package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows are those of Go's own {@code time.ParseDuration}. */
class GoDurationTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "5s, 5000000000",
    "30s, 30000000000",
    "1478s, 1478000000000",
    "-5s, -5000000000",
    "+5s, 5000000000",
    "-0, 0",
    "+0, 0",
    "5.0s, 5000000000",
    "5.6s, 5600000000",
    "5.s, 5000000000",
    ".5s, 500000000",
    "1.004s, 1004000000",
    "10ns, 10",
    "11us, 11000",
    "12µs, 12000",
    "12μs, 12000",
    "13ms, 13000000",
    "14s, 14000000000",
    "15m, 900000000000",
    "16h, 57600000000000",
    "3h30m, 12600000000000",
    "10.5s4m, 250500000000",
    "-2m3.4s, -123400000000",
    "1h2m3s4ms5us6ns, 3723004005006",
    "0.3333333333333333333h, 1199999999999",
    "9223372036854775807ns, 9223372036854775807",
  })
  void readsWhatGoReads(String text, long nanos) {
    assertThat(GoDuration.parse(text)).isEqualTo(Duration.ofNanos(nanos));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "3",
        "-",
        "s",
        ".",
        "-.",
        ".s",
        "+.s",
        "1d",
        "1 s",
        " 1s",
        "1s ",
        "1..5s",
        "1.5.5s",
        "--1s",
        "1s-1s",
        "9223372036854775808ns",
        "3000000h",
        "1S",
        "१s",
        "NaN",
        "1e9s"
      })
  void refusesWhatGoRefuses(String text) {
    assertThat(GoDuration.parse(text)).isNull();
  }

  @Property
  void neverThrowsWhateverItIsGiven(@ForAll String text) {
    Duration read = GoDuration.parse(text);
    assertThat(read == null || read.abs().compareTo(Duration.ofNanos(Long.MAX_VALUE)) <= 0)
        .isTrue();
  }

  @Example
  void refusesAHugeTextWithoutReadingIt() {
    assertThat(GoDuration.parse("9".repeat(1 << 20) + "s")).isNull();
  }
}
