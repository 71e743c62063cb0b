package com.fnproject.lb.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdleFirstPolicyTest extends RoutingPolicyContractTest {

  private static final long SECOND = 1_000_000_000L;

  private final FakeFunction function = new FakeFunction("/t/app/f");
  private final List<FakeNode> nodes = nodes("n", 10);
  private final FakeSnapshot snapshot = FakeSnapshot.of(nodes);
  private final IdleFirstPolicy policy = new IdleFirstPolicy(1.25, 30 * SECOND);
  private final NodeSelector selector = policy.newSelector(snapshot);

  /** Where bounded load sends the function while nothing is under way. */
  private final FakeNode home =
      nodes.get(
          new Rendezvous(
                  nodes.stream().mapToLong(node -> node.state(NodeLoad::new).hash).toArray(), null)
              .best(function.hash(), 1)[0]);

  @Override
  RoutingPolicyProvider provider() {
    return new IdleFirstProvider();
  }

  @Override
  String name() {
    return "idle-first";
  }

  @Override
  Map<String, String> goodOptions() {
    return Map.of("idle-window", "90s", "balance", "1.5");
  }

  @Override
  void assertNothingBooked(RoutingPolicy policy, List<FakeNode> nodes) {
    assertThat(((IdleFirstPolicy) policy).bounded().total()).isZero();
    assertThat(nodes).allMatch(node -> node.state(NodeLoad::new).calls() == 0);
  }

  @Test
  void sendsACallWhereTheLastContainerCameBackAndEachContainerOneCall() {
    List<FakeCall> calls = start(selector, 3, 0);
    List<FakeNode> homes = calls.stream().map(FakeCall::node).toList();
    assertThat(homes).doesNotHaveDuplicates();
    for (int i : List.of(1, 0, 2)) {
      calls.get(i).end(policy, FakeResult.RAN.at(SECOND + i));
    }
    // Ended at 1 s and 0, 1 and 2 ns.
    assertThat(start(selector, 3, 2 * SECOND))
        .extracting(FakeCall::node)
        .containsExactly(homes.get(2), homes.get(1), homes.get(0));
    assertThat(start(selector, 1, 2 * SECOND).getFirst().node()).isNotIn(homes);
  }

  @Test
  void countsEveryContainerOfANode() {
    NodeSelector one = policy.newSelector(FakeSnapshot.of(nodes.get(0)));
    start(one, 7, 0).forEach(call -> call.end(policy, FakeResult.RAN));
    assertThat(start(selector, 8, SECOND))
        .extracting(FakeCall::node)
        .startsWith(Collections.nCopies(7, nodes.get(0)).toArray(FakeNode[]::new))
        .last()
        .isNotSameAs(nodes.get(0));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE - 10, Long.MIN_VALUE})
  void believesInAContainerUntilTheWindowIsOver(long start) {
    FakeNode idle = awayFromHome();
    answer(idle, FakeResult.RAN.at(start));
    assertThat(pick(start + 30 * SECOND - 1)).isSameAs(idle);
    answer(idle, FakeResult.RAN.at(start));
    assertThat(pick(start + 30 * SECOND)).isSameAs(home);
  }

  @ParameterizedTest
  @EnumSource(names = "RAN", mode = EnumSource.Mode.EXCLUDE)
  void learnsOfContainersFromCallsThatRanOnly(Outcome outcome) {
    FakeNode idle = awayFromHome();
    answer(idle, FakeResult.of(outcome));
    assertThat(pick(0)).isSameAs(home);
  }

  @ParameterizedTest
  @EnumSource(names = {"BUSY", "UNREACHABLE"})
  void givesUpAllContainersOfANodeThatIsBusyOrGone(Outcome outcome) {
    FakeNode idle = awayFromHome();
    NodeSelector one = policy.newSelector(FakeSnapshot.of(idle));
    start(one, 3, 0).forEach(call -> call.end(policy, FakeResult.RAN));
    answer(idle, FakeResult.of(outcome));
    assertThat(pick(0)).isSameAs(home);
  }

  @Test
  void passesOverNodesThatWereTriedAreFullOrAreNotInTheSnapshotAndKeepsTheirContainers() {
    FakeNode idle = awayFromHome();
    answer(idle, FakeResult.RAN);
    FakeCall call = new FakeCall(function).tried(List.of(idle));
    assertThat(call.select(selector)).isSameAs(home);
    call.end(policy, FakeResult.of(Outcome.ABANDONED));
    idle.full(true);
    assertThat(pick(0)).isSameAs(home);
    idle.full(false);
    List<FakeNode> rest = nodes.stream().filter(node -> node != idle).toList();
    assertThat(new FakeCall(function).select(policy.newSelector(FakeSnapshot.of(rest))))
        .isNotSameAs(idle);
    assertThat(new FakeCall(function).select(policy.newSelector(snapshot))).isSameAs(idle);
  }

  @Test
  void forgetsAllContainersOfAFunctionThatWasChangedAndThoseThatComeBackLater() {
    FakeNode idle = awayFromHome();
    answer(idle, FakeResult.RAN);
    FakeCall underWay = startOn(idle);
    answer(idle, FakeResult.RAN);
    function.change();
    assertThat(pick(0)).isSameAs(home);
    underWay.end(policy, FakeResult.RAN);
    assertThat(pick(0)).isSameAs(home);
    answer(idle, FakeResult.RAN);
    assertThat(pick(0)).isSameAs(idle);
  }

  @Test
  void handsTheContainersOfAFunctionOnToTheOneItTurnsOutToBe() {
    FakeNode idle = awayFromHome();
    answer(idle, FakeResult.RAN);
    FakeFunction identified = new FakeFunction("01ABC");
    policy.onMerged(function, identified);
    assertThat(new FakeCall(identified).at(SECOND).select(selector)).isSameAs(idle);
  }

  @Test
  void remembersTheYoungestContainersOfAFunctionThatHasVeryMany() {
    IdleContainers idle = new IdleContainers(function);
    NodeLoad node = new NodeLoad(nodes.get(0));
    for (int i = 0; i < 3 * IdleContainers.MOST; i++) {
      idle.add(node, i, 30 * SECOND, 0);
    }
    List<Long> times = new ArrayList<>();
    idle.forEach((each, since) -> times.add(since));
    assertThat(times)
        .hasSize(IdleContainers.MOST)
        .allMatch(since -> since >= 2 * IdleContainers.MOST);
  }

  @Test
  void neverGivesOneContainerToTwoOfManyThreads() throws Exception {
    NodeSelector one = policy.newSelector(FakeSnapshot.of(nodes.get(0)));
    start(one, 100, 0).forEach(call -> call.end(policy, FakeResult.RAN));
    int found = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> counts = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        counts.add(
            threads.submit(
                () -> {
                  IdleContainers idle = function.state(IdleContainers::new);
                  FakeCall call = new FakeCall(function);
                  int taken = 0;
                  while (idle.take(call, (IdleFirstSelector) selector, SECOND) >= 0) {
                    taken++;
                  }
                  return taken;
                }));
      }
      for (Future<Integer> count : counts) {
        found += count.get();
      }
    }
    assertThat(found).isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1s", "1000ms", "30s", "60m", "1h"})
  void acceptsAWindowFromOneSecondToOneHour(String window) {
    assertThatCode(() -> provider().create(FakeContext.with("idle-window", window)).close())
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "30", "0s", "999ms", "61m", "2h", "-1s", "1.5s", "1 s", "99999999h"})
  void refusesAnyOtherWindowByKeyValueAndExpectation(String window) {
    assertThatThrownBy(() -> provider().create(FakeContext.with("idle-window", window)).close())
        .hasMessage(
            "key 'idle-window': '%s' (expected: a time from 1s to 1h, such as 30s)", window);
  }

  @Test
  void usesTheWindowItWasGiven() {
    RoutingPolicy brief = provider().create(FakeContext.with("idle-window", "2s"));
    FakeNode idle = awayFromHome();
    FakeCall call = new FakeCall(function);
    call.select(brief.newSelector(FakeSnapshot.of(idle)));
    call.end(brief, FakeResult.RAN);
    NodeSelector all = brief.newSelector(snapshot);
    assertThat(new FakeCall(function).at(3 * SECOND).select(all)).isSameAs(home);
  }

  private FakeNode awayFromHome() {
    return nodes.get(home == nodes.get(0) ? 1 : 0);
  }

  private FakeCall startOn(FakeNode node) {
    FakeCall call = new FakeCall(function);
    call.select(policy.newSelector(FakeSnapshot.of(node)));
    return call;
  }

  private void answer(FakeNode node, FakeResult result) {
    startOn(node).end(policy, result);
  }

  /** Where a call that does not stay goes; the container it may take is gone. */
  private FakeNode pick(long nanos) {
    FakeCall call = new FakeCall(function).at(nanos);
    FakeNode node = call.select(selector);
    call.end(policy, FakeResult.of(Outcome.ABANDONED));
    return node;
  }

  private List<FakeCall> start(NodeSelector selector, int count, long nanos) {
    FakeCall[] calls = new FakeCall[count];
    Arrays.setAll(calls, i -> new FakeCall(function).at(nanos));
    for (FakeCall call : calls) {
      call.select(selector);
    }
    return List.of(calls);
  }
}
