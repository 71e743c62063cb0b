package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What policies say of a call is what they do with it. */
class ExplanationTest {

  static Stream<RoutingPolicyProvider> policies() {
    return ServiceLoader.load(RoutingPolicyProvider.class).stream()
        .map(ServiceLoader.Provider::get);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void namesTheNodeThatSelectTakesThenAndChangesNothing(RoutingPolicyProvider provider) {
    Random random = new Random(1);
    List<FakeNode> nodes = RoutingPolicyContractTest.nodes("n", 20);
    List<FakeFunction> functions = RoutingPolicyContractTest.functions(5);
    List<FakeCall> underWay = new ArrayList<>();
    try (RoutingPolicy policy = provider.create(FakeContext.seeded(1))) {
      NodeSelector selector = policy.newSelector(FakeSnapshot.of(nodes));
      for (int i = 0; i < 2000; i++) {
        long now = i * 100_000_000L;
        if (!underWay.isEmpty() && random.nextInt(100) < 48) {
          underWay.remove(random.nextInt(underWay.size())).end(policy, FakeResult.RAN.at(now));
          continue;
        }
        FakeFunction function = functions.get(random.nextInt(functions.size()));
        List<FakeNode> tried = nodes.stream().filter(node -> random.nextInt(8) == 0).toList();
        Recorded first = explain(selector, new FakeCall(function).at(now).tried(tried));
        Recorded second = explain(selector, new FakeCall(function).at(now).tried(tried));
        assertThat(second).isEqualTo(first);
        assertThat(first.candidates).doesNotHaveDuplicates();
        assertThat(first.candidates).contains(first.decision);
        FakeCall call = new FakeCall(function).at(now).tried(tried);
        assertThat(call.select(selector)).isSameAs(first.decision);
        underWay.add(call);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("policies")
  void decidesForNothingWhereNothingIsLeft(RoutingPolicyProvider provider) {
    List<FakeNode> nodes = RoutingPolicyContractTest.nodes("n", 20);
    try (RoutingPolicy policy = provider.create(FakeContext.seeded(1))) {
      FakeFunction function = new FakeFunction("f");
      NodeSelector none = policy.newSelector(FakeSnapshot.of());
      assertThat(explain(none, new FakeCall(function)).decision).isNull();
      NodeSelector some = policy.newSelector(FakeSnapshot.of(nodes));
      assertThat(explain(some, new FakeCall(function).tried(nodes)).decision).isNull();
    }
  }

  @Test
  void legacyNamesTheLikeliestNodeAndItsChance() {
    FakeNode slow = new FakeNode("a:1");
    FakeNode fast = new FakeNode("b:1");
    FakeFunction function = new FakeFunction("/r/app/f");
    WaitAverages averages = WaitAverages.of(function);
    averages.add(slow, 1_000_000_000L);
    NodeSelector selector =
        new LegacyPolicy(new Random(1)).newSelector(FakeSnapshot.of(slow, fast));
    // Place 1 of 2 is never a home, so the slow node is: it accepts 30 %, the next node the rest.
    List<String> said = explain(selector, new FakeCall(function)).said;
    assertThat(said)
        .containsExactly(
            "a:1 0.7 home, average wait 1000 ms, accepts 30 %",
            "b:1 0.0 average wait 0 ms, accepts 100 %", "-> b:1 by chance: the likeliest, 70 %");
    averages.add(fast, 3_000_000_000L);
    // 30 : 70 x 10 %, and so for those that go round again: 30 of 37.
    assertThat(explain(selector, new FakeCall(function)).said)
        .last()
        .isEqualTo("-> a:1 by chance: the likeliest, 81 %");
  }

  @Test
  void idleFirstCountsContainersAndElseSaysWhatBoundedLoadSays() {
    FakeNode node = new FakeNode("a:1");
    FakeFunction function = new FakeFunction("f");
    IdleFirstPolicy policy = new IdleFirstPolicy(1.25, 30_000_000_000L);
    NodeSelector selector = policy.newSelector(FakeSnapshot.of(node));
    assertThat(explain(selector, new FakeCall(function)).said)
        .containsExactly(
            "a:1 0.0 carries 0 of 2", "-> a:1 first in the function's order with room");
    FakeCall first = new FakeCall(function);
    FakeCall second = new FakeCall(function);
    first.select(selector);
    second.select(selector);
    first.end(policy, FakeResult.RAN.at(1_000_000_000L));
    second.end(policy, FakeResult.RAN.at(2_000_000_000L));
    assertThat(explain(selector, new FakeCall(function).at(4_500_000_000L)).said)
        .containsExactly(
            "a:1 2.5 2 idle", "-> a:1 its container of the function came back idle last");
  }

  private static Recorded explain(NodeSelector selector, FakeCall call) {
    Recorded recorded = new Recorded();
    selector.explain(call, recorded);
    assertThat(recorded.decided).isTrue();
    return recorded;
  }

  private static final class Recorded implements Explanation {
    final List<RoutingNode> candidates = new ArrayList<>();
    final List<String> said = new ArrayList<>();
    RoutingNode decision;
    boolean decided;

    @Override
    public void candidate(RoutingNode node, double cost, String why) {
      assertThat(decided).as("the decision comes last").isFalse();
      candidates.add(node);
      said.add(node + " " + cost + " " + why);
    }

    @Override
    public void decision(RoutingNode node, String why) {
      assertThat(decided).as("there is one decision").isFalse();
      decided = true;
      decision = node;
      said.add("-> " + node + " " + why);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Recorded that && said.equals(that.said);
    }

    @Override
    public int hashCode() {
      return said.hashCode();
    }
  }
}
