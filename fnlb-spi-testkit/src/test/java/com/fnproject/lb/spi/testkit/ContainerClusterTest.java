package com.fnproject.lb.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContainerClusterTest {

  private static final long MILLIS = 1_000_000L;

  private final VirtualTime time = new VirtualTime();
  private final ContainerCluster cluster =
      new ContainerCluster(time, 500 * MILLIS, 30_000 * MILLIS, 2, call -> 100 * MILLIS);
  private final PolicyDriver driver =
      new PolicyDriver(new ScriptedPolicy(), Map.of(), 1, time, cluster);
  private final DrivenNode node = driver.node("a");
  private final DrivenFunction function = driver.function("f");
  private final List<Long> latencies = new ArrayList<>();

  @Test
  void startsAContainerOnlyWhenNoneIsIdleAndForgetsItAfterItsTime() {
    call(0);
    call(1000);
    call(31_000); // 29.9 s after the last
    call(61_101); // 30.001 s after the last
    time.run();
    assertThat(latencies).containsExactly(600L, 100L, 100L, 600L);
    assertThat(cluster.started()).isEqualTo(2);
  }

  @Test
  void slowsDownTheCallsBeyondTheCores() {
    for (int i = 0; i < 4; i++) {
      call(0);
    }
    time.run();
    assertThat(latencies).containsExactly(600L, 600L, 650L, 700L);
    assertThat(cluster.started()).isEqualTo(4);
  }

  @Test
  void tellsADriverWhatIsOnANode() {
    call(0);
    call(300);
    call(350);
    time.runUntil(640 * MILLIS);
    cluster.tell(node, driver, 1000 * MILLIS);
    assertThat(node.reading()).isEqualTo(new Reading(640 * MILLIS, 1000 * MILLIS, -1, -1, 3));
    assertThat(function.warmth().idle(0)).isOne();
    assertThat(function.warmth().busy(0)).isZero();
    assertThat(function.warmth().starting(0)).isEqualTo(2);
    time.runUntil(840 * MILLIS);
    cluster.tell(node, driver, 1000 * MILLIS);
    assertThat(function.warmth().busy(0)).isOne();
    time.runUntil(60_000 * MILLIS);
    cluster.tell(node, driver, 1000 * MILLIS);
    assertThat(function.warmth().size()).isZero();
  }

  private void call(long millis) {
    time.at(
        millis * MILLIS,
        () -> driver.call(function, over -> latencies.add(over.latencyNanos() / MILLIS)));
  }
}
