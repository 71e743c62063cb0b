package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
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
    List<FakeNode> nodes = weighted(weight -> weight);
    int[] counts = new int[nodes.size()];
    for (FakeNode node : homes(provider, nodes, functions)) {
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
        .extracting(FakeNode::id)
        .isEqualTo(homes(provider, weighted(weight -> 1), 300).stream().map(FakeNode::id).toList());
  }

  @ParameterizedTest
  @MethodSource("policies")
  void offersEveryNodeHoweverLittleItWeighs(RoutingPolicyProvider provider) {
    List<FakeNode> nodes =
        List.of(new FakeNode("a:1", 1e-9), new FakeNode("b:1", 1e9), new FakeNode("c:1", 1));
    try (RoutingPolicy policy = provider.create(FakeContext.seeded(1))) {
      NodeSelector selector = policy.newSelector(FakeSnapshot.of(nodes));
      FakeCall call = new FakeCall(new FakeFunction("f"));
      List<FakeNode> offered = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        offered.add(call.select(selector));
        call.end(policy, FakeResult.RAN);
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
    List<FakeNode> before = homes(provider, weighted(weight -> weight), 2000);
    List<FakeNode> after = homes(provider, weighted(weight -> weight == 3 ? 1 : weight), 2000);
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
    List<FakeNode> nodes = weighted(weight -> weight);
    NodeSelector selector =
        new RoundRobinPolicy(() -> Long.MAX_VALUE - 5000).newSelector(FakeSnapshot.of(nodes));
    List<FakeNode> turns = picks(selector, 10_000);
    for (int run : List.of(10, 100, 1000)) {
      for (int from = 0; from + run <= turns.size(); from += 7) {
        List<FakeNode> row = turns.subList(from, from + run);
        for (int i = 0; i < nodes.size(); i++) {
          FakeNode node = nodes.get(i);
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
    List<FakeNode> nodes = weighted(weight -> weight);
    NodeSelector selector = new BoundedLoadPolicy(1.25).newSelector(FakeSnapshot.of(nodes));
    int calls = 0;
    for (FakeFunction function : RoutingPolicyContractTest.functions(400)) {
      FakeNode node = new FakeCall(function).select(selector);
      calls++;
      assertThat(node.state(NodeLoad::new).calls())
          .isLessThanOrEqualTo((long) Math.ceil(1.25 * calls * node.weight() / 10 + 1e-9));
    }
    // One function alone fills its first node up to its bound, and so all of them: of 800 calls no
    // node may have more than 1.25 of its share, and the five bounds together are 1000 and more.
    FakeFunction busy = new FakeFunction("busy");
    for (int i = 0; i < 400; i++) {
      FakeNode unused = new FakeCall(busy).select(selector);
    }
    for (FakeNode node : nodes) {
      assertThat((double) node.state(NodeLoad::new).calls())
          .isLessThanOrEqualTo(Math.ceil(1.25 * 800 * node.weight() / 10));
    }
  }

  /** The nodes that the first calls of so many functions go to, one after the other. */
  private static List<FakeNode> homes(
      RoutingPolicyProvider provider, List<FakeNode> nodes, int functions) {
    try (RoutingPolicy policy = provider.create(FakeContext.seeded(7))) {
      NodeSelector selector = policy.newSelector(FakeSnapshot.of(nodes));
      List<FakeNode> homes = new ArrayList<>();
      for (FakeFunction function : RoutingPolicyContractTest.functions(functions)) {
        FakeCall call = new FakeCall(function);
        homes.add(call.select(selector));
        call.end(policy, FakeResult.RAN);
      }
      return homes;
    }
  }

  private static List<FakeNode> picks(NodeSelector selector, int count) {
    FakeFunction function = new FakeFunction("f");
    return IntStream.range(0, count)
        .mapToObj(i -> new FakeCall(function).select(selector))
        .toList();
  }

  private static List<FakeNode> weighted(DoubleUnaryOperator weight) {
    return IntStream.range(0, WEIGHTS.length)
        .mapToObj(i -> new FakeNode("n" + i + ":8080", weight.applyAsDouble(WEIGHTS[i])))
        .toList();
  }
}
