package com.fnproject.lb.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ScenarioTest {

  @ParameterizedTest
  @EnumSource(Scenario.class)
  void isTheSameForTheSameSeedAndAnotherForAnother(Scenario scenario) {
    Workload workload = scenario.make(7, 280);
    assertThat(scenario.make(7, 280)).isEqualTo(workload);
    Workload other = scenario.make(8, 280);
    assertThat(other.calls()).isNotEqualTo(workload.calls());
    assertThat(other.functions().getFirst().name())
        .isNotEqualTo(workload.functions().getFirst().name());
  }

  @ParameterizedTest
  @EnumSource(Scenario.class)
  void isInOrderAndOfTheSizePromised(Scenario scenario) {
    Workload.Calls calls = scenario.make(1, 280).calls();
    assertThat(calls.size()).isBetween(80_000, 140_000);
    for (int call = 1; call < calls.size(); call++) {
      assertThat(calls.at(call)).isGreaterThanOrEqualTo(calls.at(call - 1));
    }
    assertThat(calls.at(calls.size() - 1)).isLessThan(360 * Workload.SECOND);
  }

  /** Shares of the processors, once the traffic has grown; the tolerance is three deviations. */
  @ParameterizedTest
  @CsvSource({"STEADY,0.5", "NODE_LOST,0.5", "MEMORY_TIGHT,0.4", "HETEROGENEOUS,0.45"})
  void needsTheShareOfTheProcessorsThatItSays(Scenario scenario, double load) {
    Workload workload = scenario.make(2, 280);
    double cores =
        workload.nodes().stream().mapToDouble(node -> node.cores() / node.slowness()).sum();
    assertThat(work(workload, 60, 360) / 300 / cores).isCloseTo(load, within(0.05 * load));
  }

  @Test
  void overloadIsMoreThanTheClusterCanDoForHalfAMinute() {
    Workload workload = Scenario.OVERLOAD.make(1, 280);
    assertThat(work(workload, 150, 180) / 30 / 80).isGreaterThan(1.05);
    assertThat(work(workload, 60, 150) / 90 / 80).isLessThan(0.6);
  }

  @Test
  void aCrowdIsOneFunctionForAMinute() {
    Workload workload = Scenario.FLASH_CROWD.make(1, 280);
    int crowd = workload.functions().size() - 1;
    Workload.Calls calls = workload.calls();
    int within = 0;
    int outside = 0;
    for (int call = 0; call < calls.size(); call++) {
      if (calls.function(call) == crowd) {
        boolean inside =
            calls.at(call) >= 180L * Workload.SECOND && calls.at(call) < 240L * Workload.SECOND;
        within += inside ? 1 : 0;
        outside += inside ? 0 : 1;
      }
    }
    // 160 calls a second of 100 ms for a minute, less the rise and the fall; else one in 20 s.
    assertThat(within).isBetween(7_500, 9_700);
    assertThat(outside).isBetween(1, 40);
  }

  @Test
  void aFewFunctionsGetMostOfTheCallsAndMostFunctionsAreRare() {
    Workload workload = Scenario.STEADY.make(1, 280);
    int[] counts = new int[workload.functions().size()];
    for (int call = 0; call < workload.calls().size(); call++) {
      counts[workload.calls().function(call)]++;
    }
    Arrays.sort(counts);
    int all = Arrays.stream(counts).sum();
    int top = Arrays.stream(counts, counts.length * 9 / 10, counts.length).sum();
    assertThat((double) top / all).isBetween(0.5, 0.7);
    assertThat(counts[counts.length / 2] / 6.0).as("calls a minute").isLessThan(60);
  }

  @Test
  void burstsAreSilentMostOfTheTime() {
    Workload workload = Scenario.BURSTY.make(1, 280);
    Workload.Calls calls = workload.calls();
    Set<Long> seconds = new HashSet<>();
    int busiest = 0;
    for (int call = 0; call < calls.size(); call++) {
      if (calls.function(call) == busiest) {
        seconds.add(calls.at(call) / Workload.SECOND);
      }
    }
    // In bursts three sevenths of the time, at some 55 calls a second.
    assertThat(seconds).hasSizeBetween(80, 260);
  }

  /** Seconds of work that come between two moments. */
  private static double work(Workload workload, int from, int to) {
    double sum = 0;
    Workload.Calls calls = workload.calls();
    for (int call = 0; call < calls.size(); call++) {
      if (calls.at(call) >= from * Workload.SECOND && calls.at(call) < to * Workload.SECOND) {
        sum += calls.work(call) / 1e9;
      }
    }
    return sum;
  }
}
