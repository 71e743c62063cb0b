package com.fnproject.lb.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SpreadTest {

  @Test
  void isMeanAndStudentsInterval() {
    // Deviations -2, -1, 0, 1, 2: variance 2.5, standard error sqrt(0.5), t(4) = 2.776.
    Spread spread = Spread.of(8, 9, 10, 11, 12);
    assertThat(spread.mean()).isEqualTo(10);
    assertThat(spread.half()).isCloseTo(1.963, within(0.001));
  }

  @Test
  void leavesOutWhatDoesNotApply() {
    assertThat(Spread.of(Double.NaN, 3, Double.NaN, 5)).isEqualTo(Spread.of(3, 5));
    assertThat(Spread.of(7)).isEqualTo(new Spread(7, Double.NaN));
    assertThat(Spread.of(Double.NaN).mean()).isNaN();
  }
}
