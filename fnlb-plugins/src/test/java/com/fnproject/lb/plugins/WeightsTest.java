package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.AttemptResult;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.ManualCall;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import com.fnproject.lb.spi.testkit.SeededContext;
import com.fnproject.lb.spi.testkit.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every policy but {@code legacy} gives nodes their share by weight. */
class WeightsTest {

  private static final double[] WEIGHTS = {1, 2, 3, 0.5, 3.5};

  static Stream<RoutingPolicyProvider> policies() {
    return ServiceLoader.load(RoutingPolicyProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> !provider.name().equals("legacy"));
  }

  @ParameterizedTest
  @MethodSource("policies")
  void givesFunctionsToNodesInProportionToTheirWeights(RoutingPolicyProvider provider) {
    int functions = 20_000;
    List<DrivenNode> nodes = weighted(weight -> weight);
    int[] counts = new int[nodes.size()];
    for (DrivenNode node : homes(provider, nodes, functions)) {
      counts[nodes.indexOf(node)]++;
    }
    for (int i = 0; i < counts.length; i++) {
      double share = WEIGHTS[i] / 10;
      // Binomial: five deviations, so of fair shares one test in 350,000 would fail.
      double most = 5 * Math.sqrt(functions * share * (1 - share));
      assertThat((double) counts[i])
          .as(nodes.get(i).id())
          .isBetween(functions * share - most, functions * share + most);
    }
  }

  @ParameterizedTest
  @MethodSource("policies")
  void takesNodesOfEqualWeightAsIfTheyHadNone(RoutingPolicyProvider provider) {
    assertThat(homes(provider, weighted(weight -> 2.5), 300))
        .extracting(DrivenNode::id)
        .isEqualTo(
            homes(provider, weighted(weight -> 1), 300).stream().map(DrivenNode::id).toList());
  }

  @ParameterizedTest
  @MethodSource("policies")
  void offersEveryNodeHoweverLittleItWeighs(RoutingPolicyProvider provider) {
    List<DrivenNode> nodes =
        List.of(
            new DrivenNode("a:1").weight(1e-9),
            new DrivenNode("b:1").weight(1e9),
            new DrivenNode("c:1").weight(1));
    try (RoutingPolicy policy = provider.create(SeededContext.of(1))) {
      NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
      ManualCall call = new ManualCall(new DrivenFunction("f"));
      List<DrivenNode> offered = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        offered.add(call.select(selector));
        call.end(policy, AttemptResult.RAN);
      }
      assertThat(offered).containsExactlyInAnyOrderElementsOf(nodes);
      assertThat(call.select(selector)).isNull();
    }
  }

  /** The heaviest node's weight stays; consistent hashing measures the others by it. */
  @ParameterizedTest
  @MethodSource("policies")
  void movesFunctionsOnlyFromANodeThatLosesWeight(RoutingPolicyProvider provider) {
    if (provider.name().equals("round-robin")) {
      return; // it moves every function all the time
    }
    List<DrivenNode> before = homes(provider, weighted(weight -> weight), 2000);
    List<DrivenNode> after = homes(provider, weighted(weight -> weight == 3 ? 1 : weight), 2000);
    int moved = 0;
    for (int i = 0; i < before.size(); i++) {
      if (!before.get(i).id().equals(after.get(i).id())) {
        assertThat(before.get(i).weight()).isEqualTo(3);
        moved++;
      }
    }
    assertThat(moved).isPositive();
  }

  @Test
  void roundRobinGivesAnyTurnsInARowToNodesByTheirShares() {
    List<DrivenNode> nodes = weighted(weight -> weight);
    NodeSelector selector =
        new RoundRobinPolicy(() -> Long.MAX_VALUE - 5000).newSelector(Snapshot.of(nodes));
    List<DrivenNode> turns = picks(selector, 10_000);
    for (int run : List.of(10, 100, 1000)) {
      for (int from = 0; from + run <= turns.size(); from += 7) {
        List<DrivenNode> row = turns.subList(from, from + run);
        for (int i = 0; i < nodes.size(); i++) {
          DrivenNode node = nodes.get(i);
          double count = row.stream().filter(each -> each == node).count();
          // Denjoy and Koksma: of as many points in a row as a Fibonacci number says, an interval
          // misses its share by 2 at most; a run is a sum of 1 + log(run) / log(1.618) / 2 of them
          // or fewer. Half of that holds, and does not vary, the sequence being fixed.
          double most = 1 + Math.log(run) / Math.log(1.618) / 2;
          assertThat(count)
              .as("%s in %d turns from %d on", node, run, from)
              .isBetween(run * WEIGHTS[i] / 10 - most, run * WEIGHTS[i] / 10 + most);
        }
      }
    }
  }

  @Test
  void boundedLoadBoundsEachNodeByItsShareOfAllCalls() {
    List<DrivenNode> nodes = weighted(weight -> weight);
    NodeSelector selector = new BoundedLoadPolicy(1.25).newSelector(Snapshot.of(nodes));
    int calls = 0;
    for (DrivenFunction function : RoutingPolicyContract.functions(400)) {
      DrivenNode node = new ManualCall(function).select(selector);
      calls++;
      assertThat(node.state(NodeLoad::new).calls())
          .isLessThanOrEqualTo((long) Math.ceil(1.25 * calls * node.weight() / 10 + 1e-9));
    }
    // One function alone fills its first node up to its bound, and so all of them: of 800 calls no
    // node may have more than 1.25 of its share, and the five bounds together are 1000 and more.
    DrivenFunction busy = new DrivenFunction("busy");
    for (int i = 0; i < 400; i++) {
      DrivenNode unused = new ManualCall(busy).select(selector);
    }
    for (DrivenNode node : nodes) {
      assertThat((double) node.state(NodeLoad::new).calls())
          .isLessThanOrEqualTo(Math.ceil(1.25 * 800 * node.weight() / 10));
    }
  }

  /** The nodes that the first calls of so many functions go to, one after the other. */
  private static List<DrivenNode> homes(
      RoutingPolicyProvider provider, List<DrivenNode> nodes, int functions) {
    try (RoutingPolicy policy = provider.create(SeededContext.of(7))) {
      NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
      List<DrivenNode> homes = new ArrayList<>();
      for (DrivenFunction function : RoutingPolicyContract.functions(functions)) {
        ManualCall call = new ManualCall(function);
        homes.add(call.select(selector));
        call.end(policy, AttemptResult.RAN);
      }
      return homes;
    }
  }

  private static List<DrivenNode> picks(NodeSelector selector, int count) {
    DrivenFunction function = new DrivenFunction("f");
    return IntStream.range(0, count)
        .mapToObj(i -> new ManualCall(function).select(selector))
        .toList();
  }

  private static List<DrivenNode> weighted(DoubleUnaryOperator weight) {
    return IntStream.range(0, WEIGHTS.length)
        .mapToObj(i -> new DrivenNode("n" + i + ":8080").weight(weight.applyAsDouble(WEIGHTS[i])))
        .toList();
  }
}
