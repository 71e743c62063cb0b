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

class IdleFirstPolicyTest extends RoutingPolicyContract {

  private static final long SECOND = 1_000_000_000L;

  private final DrivenFunction function = new DrivenFunction("/t/app/f");
  private final List<DrivenNode> nodes = nodes("n", 10);
  private final Snapshot snapshot = Snapshot.of(nodes);
  private final IdleFirstPolicy policy = new IdleFirstPolicy(1.25, 30 * SECOND);
  private final NodeSelector selector = policy.newSelector(snapshot);

  /** Where bounded load sends the function while nothing is under way. */
  private final DrivenNode home =
      nodes.get(
          new Rendezvous(
                  nodes.stream().mapToLong(node -> node.state(NodeLoad::new).hash).toArray(), null)
              .best(function.hash(), 1)[0]);

  @Override
  protected RoutingPolicyProvider provider() {
    return new IdleFirstProvider();
  }

  @Override
  protected String name() {
    return "idle-first";
  }

  @Override
  protected boolean foretells() {
    return true;
  }

  @Override
  protected Map<String, String> goodOptions() {
    return Map.of("idle-window", "90s", "balance", "1.5");
  }

  @Override
  protected void assertNothingBooked(RoutingPolicy policy, List<DrivenNode> nodes) {
    assertThat(((IdleFirstPolicy) policy).bounded().total()).isZero();
    assertThat(nodes).allMatch(node -> node.state(NodeLoad::new).calls() == 0);
  }

  @Test
  void sendsACallWhereTheLastContainerCameBackAndEachContainerOneCall() {
    List<ManualCall> calls = start(selector, 3, 0);
    List<DrivenNode> homes = calls.stream().map(ManualCall::node).toList();
    assertThat(homes).doesNotHaveDuplicates();
    for (int i : List.of(1, 0, 2)) {
      calls.get(i).end(policy, AttemptResult.RAN.at(SECOND + i));
    }
    // Ended at 1 s and 0, 1 and 2 ns.
    assertThat(start(selector, 3, 2 * SECOND))
        .extracting(ManualCall::node)
        .containsExactly(homes.get(2), homes.get(1), homes.get(0));
    assertThat(start(selector, 1, 2 * SECOND).getFirst().node()).isNotIn(homes);
  }

  @Test
  void countsEveryContainerOfANode() {
    NodeSelector one = policy.newSelector(Snapshot.of(nodes.get(0)));
    start(one, 7, 0).forEach(call -> call.end(policy, AttemptResult.RAN));
    assertThat(start(selector, 8, SECOND))
        .extracting(ManualCall::node)
        .startsWith(Collections.nCopies(7, nodes.get(0)).toArray(DrivenNode[]::new))
        .last()
        .isNotSameAs(nodes.get(0));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE - 10, Long.MIN_VALUE})
  void believesInAContainerUntilTheWindowIsOver(long start) {
    DrivenNode idle = awayFromHome();
    answer(idle, AttemptResult.RAN.at(start));
    assertThat(pick(start + 30 * SECOND - 1)).isSameAs(idle);
    answer(idle, AttemptResult.RAN.at(start));
    assertThat(pick(start + 30 * SECOND)).isSameAs(home);
  }

  @ParameterizedTest
  @EnumSource(names = "RAN", mode = EnumSource.Mode.EXCLUDE)
  void learnsOfContainersFromCallsThatRanOnly(Outcome outcome) {
    DrivenNode idle = awayFromHome();
    answer(idle, AttemptResult.of(outcome));
    assertThat(pick(0)).isSameAs(home);
  }

  @ParameterizedTest
  @EnumSource(names = {"BUSY", "UNREACHABLE"})
  void givesUpAllContainersOfANodeThatIsBusyOrGone(Outcome outcome) {
    DrivenNode idle = awayFromHome();
    NodeSelector one = policy.newSelector(Snapshot.of(idle));
    start(one, 3, 0).forEach(call -> call.end(policy, AttemptResult.RAN));
    answer(idle, AttemptResult.of(outcome));
    assertThat(pick(0)).isSameAs(home);
  }

  @Test
  void passesOverNodesThatWereTriedAreFullOrAreNotInTheSnapshotAndKeepsTheirContainers() {
    DrivenNode idle = awayFromHome();
    answer(idle, AttemptResult.RAN);
    ManualCall call = new ManualCall(function).tried(List.of(idle));
    assertThat(call.select(selector)).isSameAs(home);
    call.end(policy, AttemptResult.of(Outcome.ABANDONED));
    idle.cap(0);
    assertThat(pick(0)).isSameAs(home);
    idle.cap(Integer.MAX_VALUE);
    List<DrivenNode> rest = nodes.stream().filter(node -> node != idle).toList();
    assertThat(new ManualCall(function).select(policy.newSelector(Snapshot.of(rest))))
        .isNotSameAs(idle);
    assertThat(new ManualCall(function).select(policy.newSelector(snapshot))).isSameAs(idle);
  }

  @Test
  void forgetsAllContainersOfAFunctionThatWasChangedAndThoseThatComeBackLater() {
    DrivenNode idle = awayFromHome();
    answer(idle, AttemptResult.RAN);
    ManualCall underWay = startOn(idle);
    answer(idle, AttemptResult.RAN);
    function.changed();
    assertThat(pick(0)).isSameAs(home);
    underWay.end(policy, AttemptResult.RAN);
    assertThat(pick(0)).isSameAs(home);
    answer(idle, AttemptResult.RAN);
    assertThat(pick(0)).isSameAs(idle);
  }

  @Test
  void handsTheContainersOfAFunctionOnToTheOneItTurnsOutToBe() {
    DrivenNode idle = awayFromHome();
    answer(idle, AttemptResult.RAN);
    DrivenFunction identified = new DrivenFunction("01ABC");
    policy.onMerged(function, identified);
    assertThat(new ManualCall(identified).at(SECOND).select(selector)).isSameAs(idle);
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
    NodeSelector one = policy.newSelector(Snapshot.of(nodes.get(0)));
    start(one, 100, 0).forEach(call -> call.end(policy, AttemptResult.RAN));
    int found = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Integer>> counts = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        counts.add(
            threads.submit(
                () -> {
                  IdleContainers idle = function.state(IdleContainers::new);
                  ManualCall call = new ManualCall(function);
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
    assertThatCode(() -> provider().create(SeededContext.with("idle-window", window)).close())
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "30", "0s", "999ms", "61m", "2h", "-1s", "1.5s", "1 s", "99999999h"})
  void refusesAnyOtherWindowByKeyValueAndExpectation(String window) {
    assertThatThrownBy(() -> provider().create(SeededContext.with("idle-window", window)).close())
        .hasMessage(
            "key 'idle-window': '%s' (expected: a time from 1s to 1h, such as 30s)", window);
  }

  @Test
  void usesTheWindowItWasGiven() {
    RoutingPolicy brief = provider().create(SeededContext.with("idle-window", "2s"));
    DrivenNode idle = awayFromHome();
    ManualCall call = new ManualCall(function);
    call.select(brief.newSelector(Snapshot.of(idle)));
    call.end(brief, AttemptResult.RAN);
    NodeSelector all = brief.newSelector(snapshot);
    assertThat(new ManualCall(function).at(3 * SECOND).select(all)).isSameAs(home);
  }

  private DrivenNode awayFromHome() {
    return nodes.get(home == nodes.get(0) ? 1 : 0);
  }

  private ManualCall startOn(DrivenNode node) {
    ManualCall call = new ManualCall(function);
    call.select(policy.newSelector(Snapshot.of(node)));
    return call;
  }

  private void answer(DrivenNode node, AttemptResult result) {
    startOn(node).end(policy, result);
  }

  /** Where a call that does not stay goes; the container it may take is gone. */
  private DrivenNode pick(long nanos) {
    ManualCall call = new ManualCall(function).at(nanos);
    DrivenNode node = call.select(selector);
    call.end(policy, AttemptResult.of(Outcome.ABANDONED));
    return node;
  }

  private List<ManualCall> start(NodeSelector selector, int count, long nanos) {
    ManualCall[] calls = new ManualCall[count];
    Arrays.setAll(calls, i -> new ManualCall(function).at(nanos));
    for (ManualCall call : calls) {
      call.select(selector);
    }
    return List.of(calls);
  }
}
