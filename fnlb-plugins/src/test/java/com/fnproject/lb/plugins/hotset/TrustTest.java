package com.fnproject.lb.plugins.hotset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrustTest {

  @ParameterizedTest
  @CsvSource({"0, 0", "0.0156, 0", "0.016, 1", "1, 6", "31, 10", "32, 11", "1e6, 11"})
  void groupsRatesByOctave(double rate, int column) {
    assertThat(Trust.column(rate)).isEqualTo(column);
  }

  @Test
  void beginsWithAHalfAndAFifthOfTheHomesChanceForOthers() {
    Trust trust = new Trust(0.5);
    assertThat(trust.chance(Trust.row(0), 3)).isEqualTo(0.5);
    assertThat(trust.chance(Trust.row(1), 3)).isEqualTo(0.25);
    assertThat(trust.chance(Trust.row(2), 3)).isEqualTo(0.1);
    assertThat(trust.chance(Trust.row(16), 3)).isEqualTo(0.1);
  }

  @Test
  void learnsEachRankAndRateApart() {
    Trust trust = new Trust(0.5);
    for (int i = 0; i < 300; i++) {
      trust.learn(0, 5, true);
      trust.learn(1, 5, false);
    }
    assertThat(trust.chance(0, 5)).isCloseTo(1, within(0.01));
    assertThat(trust.chance(1, 5)).isCloseTo(0, within(0.01));
    assertThat(trust.chance(0, 4)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @EnumSource(Standing.class)
  void aBookingKeepsWhatItWasMadeOf(Standing standing) {
    long memo = Booking.of(standing, 2, 11, 40_000, Double.POSITIVE_INFINITY);
    assertThat(memo).isNotZero();
    assertThat(Booking.standing(memo)).isEqualTo(standing);
    assertThat(Booking.row(memo)).isEqualTo(2);
    assertThat(Booking.column(memo)).isEqualTo(11);
    assertThat(Booking.nodeCalls(memo)).isEqualTo(32_767);
    assertThat(Booking.age(memo)).isGreaterThan(2_000_000);
    assertThat(Booking.age(Booking.of(standing, 0, 0, 1, 1.2345))).isEqualTo(1.234);
  }
}
