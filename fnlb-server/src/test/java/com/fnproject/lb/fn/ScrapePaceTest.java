package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScrapePaceTest {

  private static final long MILLI = 1_000_000;

  private static ScrapePace pace(RandomGenerator random) {
    return new ScrapePace(
        new ScrapeConfig(true, Duration.ofSeconds(1), Duration.ofSeconds(30), 1), 2, random);
  }

  /** In the middle of what chance may do. */
  private static RandomGenerator middle() {
    return () -> 1L << 63;
  }

  @ParameterizedTest
  @CsvSource({
    // took, worked, nodes, pause: all in ms
    "1, 0, 1, 1000",
    "10, 1, 1, 1000",
    "11, 1, 1, 1100",
    "46, 8, 1, 4600",
    "299, 8, 1, 29900",
    "301, 8, 1, 30000",
    "5000, 8, 1, 30000",
    "46, 8, 11, 4600",
    "46, 8, 12, 4800",
    "46, 8, 70, 28000",
    "46, 8, 5000, 30000",
  })
  void pausesSoThatNeitherTheNodeNorTheBalancerWorksMuch(
      long took, long worked, int nodes, long pause) {
    assertThat(pace(middle()).read(took * MILLI, worked * MILLI, nodes))
        .isCloseTo(pause * MILLI, Offset.offset(MILLI));
  }

  @Test
  void asksASickNodeEverMoreRarely() {
    ScrapePace pace = pace(middle());
    long unused = pace.read(20 * MILLI, 0, 1);
    for (long seconds : new long[] {4, 8, 16, 32, 60, 60}) {
      assertThat(pace.failed()).isCloseTo(seconds * 1000 * MILLI, Offset.offset(MILLI));
    }
    assertThat(pace.failures()).isEqualTo(6);
    assertThat(pace.read(20 * MILLI, 0, 1)).isCloseTo(2000 * MILLI, Offset.offset(MILLI));
    assertThat(pace.failures()).isZero();
    assertThat(pace.failed()).isCloseTo(4000 * MILLI, Offset.offset(MILLI));
  }

  @Test
  void asksANodeThatNeverAnsweredSoonAtFirst() {
    assertThat(pace(middle()).failed()).isCloseTo(2000 * MILLI, Offset.offset(MILLI));
  }

  @Test
  void variesByTenPercent() {
    ScrapePace shortest = pace(() -> 0L);
    ScrapePace longest = pace(() -> -1L);
    assertThat(shortest.read(20 * MILLI, 0, 1)).isCloseTo(1800 * MILLI, Offset.offset(MILLI));
    assertThat(longest.read(20 * MILLI, 0, 1)).isCloseTo(2200 * MILLI, Offset.offset(MILLI));
    assertThat(longest.failed()).isCloseTo(4400 * MILLI, Offset.offset(MILLI));
  }
}
