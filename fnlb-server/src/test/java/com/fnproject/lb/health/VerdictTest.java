package com.fnproject.lb.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.health.Verdict.State;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {

  /** Checks that passed (+) and failed (-); below each what is thought then. */
  @ParameterizedTest
  @CsvSource({
    // The first check decides alone, whatever the thresholds.
    "2, 1, +, H",
    "2, 1, -, U",
    "9, 9, +, H",
    "9, 9, -, U",
    // Failures in a row take a healthy node out.
    "2, 1, +--, HHU",
    "1, 1, +-+-, HUHU",
    "3, 1, +---, HHHU",
    // A success zeroes the failures.
    "2, 1, +-+-+-, HHHHHH",
    "3, 1, +--+--+---, HHHHHHHHHU",
    // Successes in a row bring an unhealthy node back.
    "2, 1, -+, UH",
    "2, 2, -++, UUH",
    "2, 3, -+++, UUUH",
    // A failure zeroes the successes.
    "2, 2, -+-+-+, UUUUUU",
    "1, 3, -++-++-+++, UUUUUUUUUH",
    // Counting begins anew in the new state.
    "2, 2, +--+-++, HHUUUUH",
    "2, 2, --+++--, UUUHHHU",
  })
  void addsUpChecks(int unhealthyAfter, int healthyAfter, String checks, String states) {
    Verdict verdict = new Verdict(unhealthyAfter, healthyAfter);
    assertThat(verdict.state()).isEqualTo(State.UNKNOWN);
    State before = State.UNKNOWN;
    for (int i = 0; i < checks.length(); i++) {
      boolean changed = verdict.observe(checks.charAt(i) == '+');
      assertThat(verdict.state())
          .as("after check %s of %s", i + 1, checks)
          .isEqualTo(states.charAt(i) == 'H' ? State.HEALTHY : State.UNHEALTHY);
      assertThat(changed).isEqualTo(verdict.state() != before);
      before = verdict.state();
    }
  }
}
