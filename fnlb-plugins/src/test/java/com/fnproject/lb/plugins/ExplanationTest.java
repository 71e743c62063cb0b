package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.AttemptResult;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.Explained;
import com.fnproject.lb.spi.testkit.ManualCall;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import com.fnproject.lb.spi.testkit.SeededContext;
import com.fnproject.lb.spi.testkit.Snapshot;
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
    List<DrivenNode> nodes = RoutingPolicyContract.nodes("n", 20);
    List<DrivenFunction> functions = RoutingPolicyContract.functions(5);
    List<ManualCall> underWay = new ArrayList<>();
    try (RoutingPolicy policy = provider.create(SeededContext.of(1))) {
      NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
      for (int i = 0; i < 2000; i++) {
        long now = i * 100_000_000L;
        if (!underWay.isEmpty() && random.nextInt(100) < 48) {
          underWay.remove(random.nextInt(underWay.size())).end(policy, AttemptResult.RAN.at(now));
          continue;
        }
        DrivenFunction function = functions.get(random.nextInt(functions.size()));
        List<DrivenNode> tried = nodes.stream().filter(node -> random.nextInt(8) == 0).toList();
        Explained first = explain(selector, new ManualCall(function).at(now).tried(tried));
        Explained second = explain(selector, new ManualCall(function).at(now).tried(tried));
        assertThat(second).hasToString(first.toString());
        assertThat(first.candidates())
            .extracting(Explained.Candidate::node)
            .doesNotHaveDuplicates()
            .contains(first.node());
        ManualCall call = new ManualCall(function).at(now).tried(tried);
        assertThat(call.select(selector)).isSameAs(first.node());
        underWay.add(call);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("policies")
  void decidesForNothingWhereNothingIsLeft(RoutingPolicyProvider provider) {
    List<DrivenNode> nodes = RoutingPolicyContract.nodes("n", 20);
    try (RoutingPolicy policy = provider.create(SeededContext.of(1))) {
      DrivenFunction function = new DrivenFunction("f");
      NodeSelector none = policy.newSelector(Snapshot.of());
      assertThat(explain(none, new ManualCall(function)).node()).isNull();
      NodeSelector some = policy.newSelector(Snapshot.of(nodes));
      assertThat(explain(some, new ManualCall(function).tried(nodes)).node()).isNull();
    }
  }

  @Test
  void legacyNamesTheLikeliestNodeAndItsChance() {
    DrivenNode slow = new DrivenNode("a:1");
    DrivenNode fast = new DrivenNode("b:1");
    DrivenFunction function = new DrivenFunction("/r/app/f");
    WaitAverages averages = WaitAverages.of(function);
    averages.add(slow, 1_000_000_000L);
    NodeSelector selector = new LegacyPolicy(new Random(1)).newSelector(Snapshot.of(slow, fast));
    // Place 1 of 2 is never a home, so the slow node is: it accepts 30 %, the next node the rest.
    List<String> said = said(selector, new ManualCall(function));
    assertThat(said)
        .containsExactly(
            "a:1 0.7 home, average wait 1000 ms, accepts 30 %",
            "b:1 0.0 average wait 0 ms, accepts 100 %", "-> b:1 by chance: the likeliest, 70 %");
    averages.add(fast, 3_000_000_000L);
    // 30 : 70 x 10 %, and so for those that go round again: 30 of 37.
    assertThat(said(selector, new ManualCall(function)))
        .last()
        .isEqualTo("-> a:1 by chance: the likeliest, 81 %");
  }

  @Test
  void idleFirstCountsContainersAndElseSaysWhatBoundedLoadSays() {
    DrivenNode node = new DrivenNode("a:1");
    DrivenFunction function = new DrivenFunction("f");
    IdleFirstPolicy policy = new IdleFirstPolicy(1.25, 30_000_000_000L);
    NodeSelector selector = policy.newSelector(Snapshot.of(node));
    assertThat(said(selector, new ManualCall(function)))
        .containsExactly(
            "a:1 0.0 carries 0 of 2", "-> a:1 first in the function's order with room");
    ManualCall first = new ManualCall(function);
    ManualCall second = new ManualCall(function);
    first.select(selector);
    second.select(selector);
    first.end(policy, AttemptResult.RAN.at(1_000_000_000L));
    second.end(policy, AttemptResult.RAN.at(2_000_000_000L));
    assertThat(said(selector, new ManualCall(function).at(4_500_000_000L)))
        .containsExactly(
            "a:1 2.5 2 idle", "-> a:1 its container of the function came back idle last");
  }

  private static Explained explain(NodeSelector selector, ManualCall call) {
    Explained told = new Explained();
    selector.explain(call, told);
    assertThat(told.decided()).as("a decision in %s", told).isTrue();
    return told;
  }

  private static List<String> said(NodeSelector selector, ManualCall call) {
    Explained told = explain(selector, call);
    List<String> said = new ArrayList<>();
    for (Explained.Candidate each : told.candidates()) {
      said.add(each.node() + " " + each.cost() + " " + each.why());
    }
    said.add("-> " + told.node() + " " + told.why());
    return said;
  }
}
