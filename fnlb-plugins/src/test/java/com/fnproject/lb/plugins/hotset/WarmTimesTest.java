package com.fnproject.lb.plugins.hotset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WarmTimesTest {

  private static final long SECOND = 1_000_000_000L;

  private final WarmTimes times = new WarmTimes();

  @Test
  void guessesATenthOfASecondUntilItKnows() {
    assertThat(times.known()).isFalse();
    assertThat(times.base()).isEqualTo(0.1);
    assertThat(times.cold()).isEqualTo(1);
  }

  @Test
  void startsTheBaselineWithACallThatIsMuchFasterThanAnEarlierOne() {
    assertThat(times.startsBaseline(1.02)).isFalse();
    assertThat(times.startsBaseline(0.02)).isTrue();
  }

  @Test
  void startsTheBaselineWithACallThatIsMuchTheSameAsAnEarlierOne() {
    assertThat(times.startsBaseline(0.030)).isFalse();
    assertThat(times.startsBaseline(0.021)).isTrue();
  }

  @Test
  void doesNotStartTheBaselineWithASlowerCall() {
    assertThat(times.startsBaseline(0.03)).isFalse();
    assertThat(times.startsBaseline(0.9)).isFalse();
  }

  @Test
  void findsTheUsualTimeOfAFunctionThatVaries() {
    Random random = new Random(1);
    for (int i = 0; i < 500; i++) {
      times.learnWarm(0.05 * Math.exp(0.3 * random.nextGaussian()), i * SECOND);
    }
    assertThat(times.base()).isCloseTo(0.05, within(0.01));
    assertThat(Math.sqrt(times.variance())).isCloseTo(0.3, within(0.12));
  }

  @Test
  void followsAFasterFunctionAtOnceAndASlowerOneOverMinutes() {
    learn(0.1, 50, 0, SECOND / 10);
    learn(0.05, 100, 5 * SECOND, SECOND / 10);
    assertThat(times.base()).isCloseTo(0.05, within(0.005));
    learn(0.2, 100, 15 * SECOND, SECOND / 10);
    assertThat(times.base()).isLessThan(0.06);
    learn(0.2, 600, 25 * SECOND, 10 * SECOND);
    assertThat(times.base()).isCloseTo(0.2, within(0.02));
  }

  /** A function of 20 ms whose starts take 500 ms. */
  @ParameterizedTest
  @CsvSource({
    "0.020, 1, 0, false",
    "0.030, 1, 0, false",
    "0.450, 1, 0, true",
    "0.520, 1, -4, true",
    "0.070, 4, 0, false", // a slow node explains it
    "3.000, 4, -4, true", // neither does
  })
  void tellsColdFromWarm(double seconds, double slowdown, double prior, boolean cold) {
    learn(0.02, 30, 0, SECOND);
    for (int i = 0; i < 30; i++) {
      times.learnCold(0.5);
    }
    assertThat(times.wasCold(seconds, slowdown, prior)).isEqualTo(cold);
  }

  @Test
  void keepsTheTimeOfAStartBetweenFiftyMillisecondsAndFiveSeconds() {
    for (int i = 0; i < 100; i++) {
      times.learnCold(0);
    }
    assertThat(times.cold()).isEqualTo(0.05);
    for (int i = 0; i < 100; i++) {
      times.learnCold(60);
    }
    assertThat(times.cold()).isCloseTo(5, within(0.01));
  }

  private void learn(double seconds, int samples, long from, long step) {
    for (int i = 0; i < samples; i++) {
      times.learnWarm(seconds, from + i * step);
    }
  }
}
