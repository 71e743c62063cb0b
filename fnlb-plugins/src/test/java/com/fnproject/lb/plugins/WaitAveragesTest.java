package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WaitAveragesTest {

  private final WaitAverages averages = WaitAverages.of(new DrivenFunction("/r/app/f"));

  @ParameterizedTest
  @CsvSource({
    "1000, 1000",
    "1000 2000, 1100",
    "1000 2000 2000, 1190",
    "5 4, 4", // 4.9
    "1 1, 1",
    "1 0, 0", // 0.9
    "500000000 0, 450000000",
    "0 1000000007, 100000000", // 100,000,000.7
    "3 3 3, 3",
  })
  void takesTheFirstSampleAsItIsAndThenATenthOfTheNewOne(String samples, long average) {
    DrivenNode node = new DrivenNode("a:8080");
    assertThat(averages.nanos(node)).isZero();
    for (String sample : samples.split(" ")) {
      averages.add(node, Long.parseLong(sample));
    }
    assertThat(averages.nanos(node)).isEqualTo(average);
  }

  @Test
  void keepsAnAverageForEachOfManyNodes() {
    Random random = new Random(1);
    List<DrivenNode> nodes = RoutingPolicyContract.nodes("n", 300);
    IdentityHashMap<DrivenNode, Long> model = new IdentityHashMap<>();
    for (int i = 0; i < 5000; i++) {
      DrivenNode node = nodes.get(random.nextInt(nodes.size()));
      long sample = random.nextLong(4_000_000_000L);
      averages.add(node, sample);
      model.merge(node, sample, (old, added) -> (long) (0.1 * added + 0.9 * old));
      assertThat(averages.nanos(node)).isEqualTo(model.get(node));
    }
    assertThat(nodes).allMatch(node -> averages.nanos(node) == model.get(node));
    assertThat(averages.size()).isEqualTo(300);
  }

  @Test
  void tellsNodesOfOneNameApartWhenOneCameBack() {
    averages.add(new DrivenNode("a:8080"), 1000);
    assertThat(averages.nanos(new DrivenNode("a:8080"))).isZero();
  }

  @Test
  void forgetsNodesThatAreGone() {
    DrivenNode staying = new DrivenNode("staying:8080");
    averages.add(staying, 1000);
    addNodesNobodyHolds(1000);
    await()
        .untilAsserted(
            () -> {
              System.gc();
              averages.add(new DrivenNode("new:8080"), 1);
              assertThat(averages.size()).isLessThan(10);
            });
    assertThat(averages.nanos(staying)).isEqualTo(1000);
  }

  /** In a method of its own: an interpreted frame holds on to what its variables held. */
  private void addNodesNobodyHolds(int count) {
    RoutingPolicyContract.nodes("gone", count).forEach(node -> averages.add(node, 1));
  }

  /** The race: two threads meet a node's first sample, and one table replaces the other. */
  @Test
  void losesNoNodeWhenThreadsAddThemAtOnce() throws Exception {
    List<DrivenNode> nodes = RoutingPolicyContract.nodes("n", 500);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        done.add(threads.submit(() -> nodes.forEach(node -> averages.add(node, 1000))));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
    assertThat(averages.size()).isEqualTo(500);
    assertThat(nodes).allMatch(node -> averages.nanos(node) == 1000);
  }
}
