package com.fnproject.lb.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {

  private final VirtualTime time = new VirtualTime();
  private final List<String> done = new ArrayList<>();

  @Test
  void runsTasksByTimeAndThoseOfOneMomentAsTheyWerePlanned() {
    plan(20, "c");
    plan(10, "a");
    plan(20, "d");
    plan(10, "b");
    assertThat(time.run()).isEqualTo(4);
    assertThat(done).containsExactly("a@10", "b@10", "c@20", "d@20");
  }

  @Test
  void runsWhatIsPlannedForNowOrThePastAfterTheOthersOfNow() {
    time.at(
        10,
        () -> {
          plan(3, "late");
          done.add("first");
        });
    plan(10, "second");
    time.run();
    assertThat(done).containsExactly("first", "second@10", "late@10");
  }

  @Test
  void stopsAtTheMomentItIsAskedTo() {
    plan(10, "a");
    plan(11, "b");
    assertThat(time.runUntil(10)).isOne();
    assertThat(time.runUntil(10)).isZero();
    assertThat(time.nowNanos()).isEqualTo(10);
    assertThat(done).containsExactly("a@10");
    assertThatThrownBy(() -> time.runUntil(9)).isInstanceOf(IllegalArgumentException.class);
  }

  private void plan(long nanos, String name) {
    time.at(nanos, () -> done.add(name + "@" + time.nowNanos()));
  }
}
