package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.Outcome;
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
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BoundedLoadPolicyTest extends RoutingPolicyContract {

  private final DrivenFunction function = new DrivenFunction("/t/app/f");
  private final BoundedLoadPolicy policy = new BoundedLoadPolicy(1.25);

  @Override
  protected RoutingPolicyProvider provider() {
    return new BoundedLoadProvider();
  }

  @Override
  protected String name() {
    return "bounded-load";
  }

  @Override
  protected boolean foretells() {
    return true;
  }

  @Override
  protected Map<String, String> goodOptions() {
    return Map.of("balance", "1.5");
  }

  @Override
  protected void assertNothingBooked(RoutingPolicy policy, List<DrivenNode> nodes) {
    assertThat(((BoundedLoadPolicy) policy).total()).isZero();
    assertThat(nodes).allMatch(node -> load(node) == 0);
  }

  @Test
  void keepsAFunctionOnItsFirstNodeWhileNothingElseIsUnderWay() {
    List<DrivenNode> nodes = nodes("n", 50);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    for (DrivenFunction each : functions(30)) {
      DrivenNode home = inOrder(each, nodes).getFirst();
      for (int i = 0; i < 3; i++) {
        ManualCall call = new ManualCall(each);
        assertThat(call.select(selector)).isSameAs(home);
        call.end(policy, AttemptResult.RAN);
      }
    }
  }

  @Test
  void fillsTheFirstNodeInOrderWhoseLoadIsUnderItsShareOfAllCalls() {
    List<DrivenNode> nodes = nodes("n", 4);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    List<DrivenNode> order = inOrder(function, nodes);
    // Calls with the new one: 1  2  3  4  5  6  7  8  9. Bound, 1.25/4 of it rounded up:
    //                         1  1  1  2  2  2  3  3  3.
    List<Integer> places = List.of(0, 1, 2, 0, 1, 2, 0, 1, 2);
    assertThat(hold(selector, function, 9))
        .containsExactlyElementsOf(places.stream().map(order::get).toList());
  }

  @Test
  void spreadsAsEvenlyAsCanBeWithABalanceOfOne() {
    List<DrivenNode> nodes = nodes("n", 4);
    NodeSelector selector = new BoundedLoadPolicy(1).newSelector(Snapshot.of(nodes));
    hold(selector, function, 8);
    assertThat(nodes).extracting(BoundedLoadPolicyTest::load).containsExactly(2L, 2L, 2L, 2L);
  }

  @Test
  void boundsNothingWithABalanceOfTheNumberOfNodes() {
    List<DrivenNode> nodes = nodes("n", 4);
    NodeSelector selector = new BoundedLoadPolicy(4).newSelector(Snapshot.of(nodes));
    assertThat(hold(selector, function, 100)).containsOnly(inOrder(function, nodes).getFirst());
  }

  @ParameterizedTest
  @EnumSource
  void freesThePlaceOnceHoweverTheAttemptEnded(Outcome outcome) {
    DrivenNode node = new DrivenNode("n:8080");
    ManualCall call = new ManualCall(function);
    call.select(policy.newSelector(Snapshot.of(node)));
    assertThat(load(node)).isOne();
    assertThat(policy.total()).isOne();
    call.end(policy, AttemptResult.of(outcome));
    call.end(policy, AttemptResult.of(outcome));
    assertNothingBooked(policy, List.of(node));
  }

  @Test
  void goesHomeAgainWhenTheFirstNodeHasRoom() {
    List<DrivenNode> nodes = nodes("n", 4);
    List<DrivenNode> order = inOrder(function, nodes);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    ManualCall first = new ManualCall(function);
    assertThat(first.select(selector)).isSameAs(order.get(0));
    ManualCall second = new ManualCall(function);
    assertThat(second.select(selector)).isSameAs(order.get(1));
    first.end(policy, AttemptResult.RAN);
    assertThat(new ManualCall(function).select(selector)).isSameAs(order.get(0));
  }

  @Test
  void looksPastTheRememberedOrderWhenAllOfItIsFullOrTried() {
    List<DrivenNode> nodes = nodes("n", 400);
    List<DrivenNode> order = inOrder(function, nodes);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    for (int tried = 0; tried < nodes.size(); tried++) {
      ManualCall call = new ManualCall(function).tried(order.subList(0, tried));
      assertThat(call.select(selector)).isSameAs(order.get(tried));
      call.end(policy, AttemptResult.RAN);
    }
    // 300 calls and fewer: the bound is ceil(1.25 * 300 / 400) = 1.
    assertThat(hold(selector, function, 300)).containsExactlyElementsOf(order.subList(0, 300));
  }

  @Test
  void takesTheLeastLoadedNodeWhenThoseWithRoomWereTried() {
    List<DrivenNode> nodes = nodes("n", 3);
    List<DrivenNode> order = inOrder(function, nodes);
    hold(policy.newSelector(Snapshot.of(order.get(0))), function, 9);
    hold(policy.newSelector(Snapshot.of(order.get(1))), function, 8);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    List<DrivenNode> tried = List.of(order.get(2));
    // The bound is ceil(1.25 * 18 / 3) = 8, then ceil(1.25 * 19 / 3) = 8: only the node that was
    // tried has room.
    assertThat(new ManualCall(function).tried(tried).select(selector)).isSameAs(order.get(1));
    assertThat(new ManualCall(function).tried(tried).select(selector)).isSameAs(order.get(0));
  }

  @Test
  void followsTheNewOrderAfterAChangeAndTheOldOneInOlderSelectors() {
    List<DrivenNode> nodes = nodes("n", 30);
    List<DrivenNode> order = inOrder(function, nodes);
    NodeSelector older = policy.newSelector(Snapshot.of(nodes));
    List<DrivenNode> fewer = order.subList(1, 30);
    NodeSelector newer = policy.newSelector(Snapshot.of(fewer));
    for (int i = 0; i < 2; i++) {
      for (NodeSelector selector : List.of(older, newer, older)) {
        ManualCall call = new ManualCall(function);
        assertThat(call.select(selector)).isSameAs(order.get(selector == older ? 0 : 1));
        call.end(policy, AttemptResult.RAN);
      }
    }
  }

  @Test
  void doesNotLetCallsThatHangOnADepartedNodeLoosenTheBoundOfTheRest() {
    List<DrivenNode> nodes = nodes("n", 5);
    DrivenNode hanging = nodes.get(0);
    hold(policy.newSelector(Snapshot.of(hanging)), function, 1000);
    policy.newSelector(Snapshot.of(nodes));
    List<DrivenNode> rest = nodes.subList(1, 5);
    policy.newSelector(Snapshot.of(rest));
    NodeSelector selector = policy.newSelector(Snapshot.of(rest));
    hold(selector, function, 40);
    // ceil(1.25 * 40 / 4) = 13 for each of the four.
    assertThat(rest).extracting(BoundedLoadPolicyTest::load).allMatch(load -> load <= 13);
  }

  @Test
  void overfillsANodeByNoMoreThanTheThreadsThatRace() throws Exception {
    int racers = 8;
    int calls = 400;
    List<DrivenNode> nodes = nodes("n", 10);
    NodeSelector selector = policy.newSelector(Snapshot.of(nodes));
    try (ExecutorService threads = Executors.newFixedThreadPool(racers)) {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < racers; i++) {
        done.add(threads.submit(() -> hold(selector, function, calls)));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
    assertThat(policy.total()).isEqualTo(3200);
    // ceil(1.25 * 3200 / 10) = 400, which total only approaches from below, and one unchecked
    // booking for each racer.
    assertThat(nodes)
        .extracting(BoundedLoadPolicyTest::load)
        .allMatch(load -> load <= 400 + racers);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "1.0", "1.25", "2", "1000", "1000.0"})
  void acceptsABalanceFrom1To1000(String balance) {
    assertThatCode(() -> provider().create(SeededContext.with("balance", balance)).close())
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "0",
        "0.99",
        "-1.25",
        "+1.25",
        "1000.1",
        "1001",
        "1e3",
        "NaN",
        "Infinity",
        "0x1p3",
        "1.25d",
        " 1.25",
        "1,25",
        "1.",
        ".5",
        "125%",
        "much",
        "99999999999999999999"
      })
  void refusesAnyOtherBalanceByKeyValueAndExpectation(String balance) {
    assertThatThrownBy(() -> provider().create(SeededContext.with("balance", balance)).close())
        .hasMessage(
            "key 'balance': '%s' (expected: a number from 1 to 1000, such as 1.25)", balance);
  }

  @Test
  void usesTheBalanceItWasGiven() {
    RoutingPolicy wide = provider().create(SeededContext.with("balance", "1000"));
    List<DrivenNode> nodes = nodes("n", 4);
    assertThat(hold(wide.newSelector(Snapshot.of(nodes)), function, 20))
        .containsOnly(inOrder(function, nodes).getFirst());
  }

  /** Starts calls that do not end, and tells where they went. */
  private static List<DrivenNode> hold(NodeSelector selector, DrivenFunction function, int count) {
    DrivenNode[] nodes = new DrivenNode[count];
    Arrays.setAll(nodes, i -> new ManualCall(function).select(selector));
    return List.of(nodes);
  }

  private static long load(DrivenNode node) {
    return node.state(NodeLoad::new).calls();
  }

  /** All nodes by falling score. */
  private static List<DrivenNode> inOrder(DrivenFunction function, List<DrivenNode> nodes) {
    return nodes.stream()
        .sorted(
            Comparator.comparingLong(
                    (DrivenNode node) ->
                        Rendezvous.mix(function.hash() ^ node.state(NodeLoad::new).hash))
                .reversed())
        .toList();
  }
}
