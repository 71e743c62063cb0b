package com.fnproject.lb.routing;

import static com.fnproject.lb.routing.SlowSteps.SHARE;
import static com.fnproject.lb.routing.SlowSteps.SLOW_NANOS;
import static com.fnproject.lb.routing.SlowSteps.STRIKES;
import static com.fnproject.lb.routing.SlowSteps.WINDOW_NANOS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What makes a policy too slow, and what only looks as if it did. */
class SlowStepsTest {

  private static final long SLOW = SLOW_NANOS + 1;

  private final SlowSteps steps = new SlowSteps();
  private long now;

  /** A step that nothing else overlaps. */
  private boolean step(long nanos) {
    long began = now;
    now += nanos;
    return steps.tooMany(began, now);
  }

  /** The strike at which it is too much, 0 if that many do not suffice. */
  private int tooManyAt(int strikes, long nanos, long pause) {
    for (int i = 1; i <= strikes; i++) {
      if (step(nanos)) {
        return i;
      }
      now += pause;
    }
    return 0;
  }

  @ParameterizedTest
  @ValueSource(longs = {SLOW, 100_000_000L, 3_000_000_000L, 100_000_000_000L})
  void fiveSlowStepsInARowAreTooMany(long nanos) {
    assertThat(tooManyAt(20, nanos, 0)).isEqualTo(STRIKES);
    assertThat(tooManyAt(20, nanos, 0)).as("counted anew").isEqualTo(STRIKES);
  }

  @Test
  void stepsThatAreNotSlowNeverAre() {
    assertThat(tooManyAt(1_000, SLOW_NANOS, 0)).isZero();
  }

  @Test
  void slowStepsThatAreFarBetweenAreNot() {
    assertThat(tooManyAt(100, SLOW, WINDOW_NANOS / (STRIKES - 1) + 1)).isZero();
    assertThat(tooManyAt(100, SLOW, WINDOW_NANOS / STRIKES)).isPositive();
  }

  /** A pause of the machine stops many steps, which then end together. */
  @Test
  void onePauseIsOneStrikeHoweverManyStepsItStops() {
    for (int pause = 1; pause < STRIKES; pause++) {
      long began = now;
      now += 200_000_000L;
      for (int i = 0; i < 50; i++) {
        now += 1_000;
        assertThat(steps.tooMany(began, now)).isFalse();
      }
    }
  }

  @Test
  void pausesThatHitFewOfManyStepsAreNotThePolicys() {
    for (int round = 0; round < 10 * STRIKES; round++) {
      assertThat(step(SLOW)).isFalse();
      for (int i = 0; i < 2 * SHARE; i++) {
        assertThat(step(1_000)).isFalse();
      }
    }
  }

  @Test
  void aPolicyThatIsSlowForOneCallInFiveIsTooSlow() {
    boolean tooMany = false;
    for (int round = 0; round < STRIKES; round++) {
      tooMany |= step(SLOW);
      for (int i = 0; i < 4; i++) {
        tooMany |= step(1_000);
      }
    }
    assertThat(tooMany).isTrue();
  }
}
