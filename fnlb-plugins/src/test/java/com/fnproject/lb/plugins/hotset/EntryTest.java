package com.fnproject.lb.plugins.hotset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.testkit.DrivenNode;
import org.junit.jupiter.api.Test;

class EntryTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long SLOT = 5 * SECOND;

  private final Entry entry = new Entry(new HotNode(new DrivenNode("n:8080")), 0, 0, SLOT);

  @Test
  void provesNothingBeforeTheFirstCall() {
    assertThat(entry.age(SECOND, SLOT)).isInfinite();
  }

  @Test
  void countsFromTheLastUseWhileNothingIsUnderWay() {
    entry.begin(0, SLOT);
    entry.end(2 * SECOND, SLOT);
    entry.used(2 * SECOND);
    assertThat(entry.age(5 * SECOND, SLOT)).isEqualTo(3);
  }

  @Test
  void hasNoSpareContainerWhileAsManyCallsAreUnderWayAsEver() {
    entry.begin(0, SLOT);
    assertThat(entry.age(SECOND, SLOT)).isInfinite();
    entry.begin(SECOND, SLOT);
    assertThat(entry.age(20 * SECOND, SLOT)).isInfinite();
  }

  @Test
  void countsFromTheMiddleOfTheLatestSlotInWhichMoreCallsWereUnderWay() {
    entry.begin(0, SLOT);
    entry.begin(SECOND, SLOT);
    entry.end(2 * SECOND, SLOT);
    assertThat(entry.age(12 * SECOND, SLOT)).isEqualTo(9.5);
  }

  @Test
  void forgetsPeaksThatLieSixSlotsBack() {
    entry.begin(0, SLOT);
    entry.begin(0, SLOT);
    entry.end(0, SLOT);
    assertThat(entry.age(29 * SECOND, SLOT)).isFinite();
    assertThat(entry.age(30 * SECOND, SLOT)).isInfinite();
  }

  @Test
  void rememberThatCallsWereUnderWayAllTheTimeBetweenTwoSlots() {
    entry.begin(0, SLOT);
    entry.begin(0, SLOT);
    entry.end(21 * SECOND, SLOT);
    assertThat(entry.age(21 * SECOND, SLOT)).isZero();
    assertThat(entry.age(40 * SECOND, SLOT)).isEqualTo(17.5);
  }

  @Test
  void keepsItsCountWhenItForgetsWarmth() {
    entry.begin(0, SLOT);
    entry.begin(0, SLOT);
    entry.end(0, SLOT);
    entry.forgetWarmth();
    assertThat(entry.calls).isEqualTo(1);
    assertThat(entry.age(0, SLOT)).isInfinite();
    entry.end(0, SLOT);
    assertThat(entry.age(0, SLOT)).isInfinite();
  }

  @Test
  void countsPeaksOfMoreThanAThousandCallsAsThatMany() {
    for (int i = 0; i < 1500; i++) {
      entry.begin(0, SLOT);
    }
    for (int i = 0; i < 600; i++) {
      entry.end(0, SLOT);
    }
    assertThat(entry.age(SECOND, SLOT)).isFinite();
  }

  @Test
  void adoptsTheLaterUseAndTheHigherPeak() {
    Entry other = new Entry(entry.node, 0, 0, SLOT);
    other.begin(7 * SECOND, SLOT);
    other.begin(7 * SECOND, SLOT);
    other.end(8 * SECOND, SLOT);
    other.end(8 * SECOND, SLOT);
    other.used(8 * SECOND);
    entry.begin(SECOND, SLOT);
    entry.adopt(other, SLOT);
    assertThat(entry.age(9 * SECOND, SLOT)).isEqualTo(1.5);
    entry.end(9 * SECOND, SLOT);
    assertThat(entry.age(9 * SECOND, SLOT)).isEqualTo(1);
  }
}
