package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {

  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "3, PT3S",
    "0.5, PT0.5S",
    "30s, PT30S",
    "500ms, PT0.5S",
    "2m, PT2M",
    "1m30s, PT1M30S",
    "1.5h, PT1H30M",
    "1h2m3s4ms5us6ns, PT1H2M3.004005006S",
    "0000001s, PT1S",
    "2562047h, PT2562047H",
  })
  void readsSecondsAndTimesInGosForm(String text, String time) {
    assertThat(TimeSpan.parse(text)).isEqualTo(Duration.parse(time));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "s", "-1", "+1", "1 s", "1d", "1S", "1,5s", "1s2", "2562048h", "1e9s", "٣s"})
  void readsNothingElseAsATime(String text) {
    assertThat(TimeSpan.parse(text)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT1H, 1h",
    "PT90M, 90m",
    "PT90S, 90s",
    "PT0.25S, 250ms",
    "PT0.000001S, 1000ns"
  })
  void writesTimesShortly(String time, String text) {
    assertThat(TimeSpan.text(Duration.parse(time))).isEqualTo(text);
  }

  @Property(tries = 300)
  void readsBackEveryTimeItWrites(@ForAll @LongRange(min = 0) long nanos) {
    Duration time = Duration.ofNanos(nanos);
    assertThat(TimeSpan.parse(TimeSpan.text(time))).isEqualTo(time);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "65536, 65536",
    "64k, 65536",
    "64KiB, 65536",
    "64K, 65536",
    "1m, 1048576",
    "2MiB, 2097152",
    "1GiB, 1073741824",
    "10b, 10",
    "9999999999g, 10737418238926258176"
  })
  void readsBytesAndUnitsOf1024(String text, String bytes) {
    assertThat(Long.toUnsignedString(ByteSize.parse(text))).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "k", "-1", "1.5k", "1 k", "1kb", "1t", "12345678901", "0x10"})
  void readsNothingElseAsASize(String text) {
    assertThat(ByteSize.parse(text)).isEqualTo(-1);
  }

  @Property(tries = 300)
  void readsBackEverySizeItWrites(@ForAll @IntRange(min = 0) int bytes) {
    assertThat(ByteSize.parse(ByteSize.text(bytes))).isEqualTo(bytes);
  }
}
