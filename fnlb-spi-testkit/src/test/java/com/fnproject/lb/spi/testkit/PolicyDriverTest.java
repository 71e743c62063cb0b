package com.fnproject.lb.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PolicyDriverTest {

  private static final long MILLIS = 1_000_000L;

  private final VirtualTime time = new VirtualTime();
  private final ScriptedPolicy policy = new ScriptedPolicy();
  private final List<DrivenCall> sent = new ArrayList<>();
  private final List<String> over = new ArrayList<>();
  private final PolicyDriver driver =
      new PolicyDriver(policy, Map.of(), 1, time, (call, node) -> sent.add(call));
  private final DrivenFunction function = driver.function("/t/app/f");

  @Test
  void sendsACallToTheSelectedNodeAndReportsItsAnswerOnce() {
    driver.nodes(List.of("b", "a"));
    DrivenCall call = start("1");
    DrivenNode a = driver.node("a");
    assertThat(call.node()).isSameAs(a);
    assertThat(a.inFlight()).isOne();
    time.runUntil(30 * MILLIS);
    call.answered(Outcome.RAN, 200, 5);
    assertThat(over).containsExactly("1 RAN on a after 30 ms, 1 attempt(s), held 0 ms");
    assertThat(policy.results).containsExactly("a RAN 200 30000000 5");
    assertThat(a.inFlight()).isZero();
    assertThat(driver.underWay()).isZero();
    assertThatThrownBy(() -> call.answered(Outcome.RAN, 200, 5))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "BUSY, a b c, 3",
    "UNREACHABLE, a b c, 3",
    "NOT_SENT, a b c, 3",
    "RAN, a, 1",
    "NOT_RUN, a, 1",
    "BROKEN, a, 1",
    "TIMED_OUT, a, 1",
    "ABANDONED, a, 1",
  })
  void asksUpToThreeNodesWhileNothingHasRun(Outcome outcome, String nodes, int attempts) {
    driver.nodes(List.of("a", "b", "c", "d"));
    DrivenCall call = start("1");
    while (!call.isOver()) {
      call.answered(outcome, 0, -1);
    }
    assertThat(sent).hasSize(attempts);
    assertThat(policy.results)
        .extracting(result -> result.substring(0, 1))
        .containsExactly(nodes.split(" "));
    assertThat(call.outcome()).isEqualTo(outcome);
    assertThat(over).hasSize(1);
    assertThat(driver.nodes()).allMatch(node -> node.inFlight() == 0);
  }

  @Test
  void endsACallForWhichNoNodeIsOffered() {
    start("1");
    assertThat(over).containsExactly("1 null on null after 0 ms, 0 attempt(s), held 0 ms");
    assertThat(policy.results).isEmpty();
  }

  @Test
  void doesNotSendToANodeWithoutRoom() {
    driver.nodes(List.of("a", "b"));
    driver.node("a").cap(1);
    start("1");
    start("2");
    assertThat(sent)
        .extracting(DrivenCall::node)
        .extracting(DrivenNode::id)
        .containsExactly("a", "b");
    assertThat(policy.results).containsExactly("a NOT_SENT 0 0 -1");
  }

  @Test
  void countsACallInFlightUntilItsBodyEndsButReportsItsHead() {
    DrivenNode a = driver.node("a");
    DrivenCall call = start("1");
    time.runUntil(MILLIS);
    assertThat(call.headArrived(Outcome.RAN, 200, -1, -1)).isTrue();
    assertThat(policy.results).hasSize(1);
    assertThat(a.inFlight()).isOne();
    time.runUntil(9 * MILLIS);
    assertThat(over).isEmpty();
    call.bodyEnded();
    assertThat(a.inFlight()).isZero();
    assertThat(over).containsExactly("1 RAN on a after 1 ms, 1 attempt(s), held 0 ms");
  }

  @Test
  void ignoresTheAnswerToACallWhoseClientHasGone() {
    DrivenNode a = driver.node("a");
    DrivenCall call = start("1");
    call.clientGone();
    call.clientGone();
    call.answered(Outcome.RAN, 200, -1);
    assertThat(policy.results).containsExactly("a ABANDONED 0 0 -1");
    assertThat(over).hasSize(1);
    assertThat(a.inFlight()).isZero();
  }

  @Test
  void buildsASnapshotInByteOrderForEveryChange() {
    driver.nodes(List.of("n10", "n2", "\u00e4", "\ud83d\ude00", "\uffee"));
    assertThat(eligible()).containsExactly("n10", "n2", "\u00e4", "\uffee", "\ud83d\ude00");
    long version = policy.snapshot.version();
    DrivenNode n2 = driver.node("n2");
    n2.eligible(false);
    assertThat(eligible()).doesNotContain("n2");
    n2.eligible(true);
    assertThat(policy.snapshot.node(1)).isSameAs(n2);
    n2.weight(3).labels(Map.of("zone", "a"));
    assertThat(policy.snapshot.version()).isEqualTo(version + 4);
    driver.remove(n2);
    assertThat(eligible()).doesNotContain("n2");
    assertThat(driver.node("n2")).isNotSameAs(n2);
  }

  @Test
  void wakesHeldCallsInTurnAtTheSameMomentButNotWithinTheResult() {
    driver.nodes(List.of("a", "b"));
    DrivenCall first = start("1");
    policy.choice = holding(5000 * MILLIS);
    start("2");
    start("3");
    assertThat(function.held()).isEqualTo(2);
    time.runUntil(10 * MILLIS);
    policy.onResult = call -> policy.events.add("woke " + call.wake(driver.node("b")));
    first.answered(Outcome.RAN, 200, -1);
    assertThat(policy.events).containsExactly("woke true");
    assertThat(policy.holds).isEmpty();
    assertThat(function.held()).isOne();
    time.runUntil(10 * MILLIS);
    assertThat(policy.holds).containsExactly("2 WOKEN");
    assertThat(sent.get(1).node()).hasToString("b");
    sent.get(1).answered(Outcome.RAN, 200, -1);
    time.runUntil(10 * MILLIS);
    assertThat(policy.holds).containsExactly("2 WOKEN", "3 WOKEN");
    sent.get(2).answered(Outcome.BUSY, 503, -1);
    assertThat(policy.events.get(2)).isEqualTo("woke false");
    assertThat(sent.get(3).wokenFor()).isNull();
    assertThat(over.get(1)).isEqualTo("2 RAN on b after 10 ms, 1 attempt(s), held 10 ms");
    assertThat(time.run()).as("expiries that come to nothing").isEqualTo(2);
    assertThat(policy.holds).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "8000, 8000", "8001, 8000", "9000000000000, 8000"})
  void selectsAgainWhenAHoldExpires(long asked, long heldMillis) {
    driver.node("a");
    policy.choice = holding(asked * MILLIS);
    DrivenCall call = start("1");
    assertThat(driver.held()).isOne();
    time.runUntil(heldMillis * MILLIS - 1);
    assertThat(policy.holds).isEmpty();
    time.runUntil(heldMillis * MILLIS);
    assertThat(policy.holds).containsExactly("1 EXPIRED");
    assertThat(call.attempt()).isOne();
    assertThat(call.mayHold()).isFalse();
    assertThat(call.heldNanos()).isEqualTo(heldMillis * MILLIS);
    assertThat(sent).containsExactly(call);
    assertThat(driver.held()).isZero();
  }

  @Test
  void holdsNoMoreCallsThanTheLimitsAllow() {
    driver.node("a");
    policy.choice = holding(1000 * MILLIS);
    for (int i = 0; i < PolicyDriver.HELD_PER_FUNCTION + 1; i++) {
      start("1");
    }
    assertThat(function.held()).isEqualTo(64);
    assertThat(sent).hasSize(1);
    for (int i = 0; i < PolicyDriver.HELD_IN_ALL; i++) {
      driver.call(driver.function("f" + i % 50), call -> {});
    }
    assertThat(driver.held()).isEqualTo(1000);
    assertThat(sent).hasSize(65);
    time.run();
    assertThat(driver.held()).isZero();
    assertThat(sent).hasSize(1065);
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void endsTheHoldOfACallWhoseClientHasGone(boolean woken) {
    driver.node("a");
    DrivenCall running = start("1");
    policy.choice = holding(1000 * MILLIS);
    DrivenCall held = start("2");
    policy.onResult = call -> call.wake(driver.node("a"));
    if (woken) {
      running.answered(Outcome.RAN, 200, -1);
    }
    held.clientGone();
    time.run();
    assertThat(policy.holds).containsExactly("2 CLIENT_GONE");
    assertThat(held.outcome()).isNull();
    assertThat(held.holdEnd()).isEqualTo(HoldEnd.CLIENT_GONE);
    assertThat(driver.held()).isZero();
    assertThat(sent).hasSize(1);
  }

  @Test
  void endsEveryCallBeforeItClosesThePolicy() {
    driver.node("a");
    start("1");
    policy.choice = holding(1000 * MILLIS);
    start("2");
    driver.close();
    driver.close();
    time.run();
    assertThat(policy.results).containsExactly("a ABANDONED 0 0 -1");
    assertThat(policy.holds).containsExactly("2 CLOSING");
    assertThat(policy.events).containsExactly("closed");
    assertThat(over).hasSize(2);
  }

  @Test
  void wakesTheNextHeldCallWhenTheClientOfTheFirstLeavesInTheInstantOfItsWaking() {
    DrivenNode a = driver.node("a");
    DrivenCall running = start("1");
    policy.choice = holding(1000 * MILLIS);
    DrivenCall leaving = start("2");
    DrivenCall next = start("3");
    policy.onResult = call -> assertThat(call.wake(a)).isTrue();
    running.answered(Outcome.RAN, 200, -1);
    policy.onResult = call -> {};
    leaving.clientGone();
    time.runUntil(0);
    assertThat(policy.holds).containsExactly("2 CLIENT_GONE", "3 WOKEN");
    assertThat(leaving.node()).isNull();
    assertThat(next.node()).isSameAs(a);
    next.answered(Outcome.RAN, 200, -1);
    assertThat(driver.underWay()).isZero();
    assertThat(driver.held()).isZero();
  }

  @Test
  void publishesWarmthBeforeTheReadingItCameWith() {
    DrivenNode a = driver.node("a");
    DrivenNode b = driver.node("b");
    DrivenFunction other = driver.function("other");
    assertThat(function.warmth()).isNull();
    driver.reading(a, reading(1), Map.of(function, new Containers(1, 2, 3, 4)));
    assertThat(warmth(function)).containsExactly("a@1 1 2 3 4");
    assertThat(warmth(other)).isEmpty();
    driver.reading(b, reading(2), Map.of(function, containers(7), other, containers(8)));
    assertThat(warmth(function)).containsExactlyInAnyOrder("a@1 1 2 3 4", "b@2 7 0 0 0");
    driver.reading(b, reading(3), Map.of());
    assertThat(warmth(function)).containsExactly("a@1 1 2 3 4");
    assertThat(warmth(other)).isEmpty();
    assertThat(b.reading()).isEqualTo(reading(3));
    driver.remove(a);
    assertThat(warmth(function)).isEmpty();
  }

  @Test
  void forgetsTheWarmthOfAChangedFunctionUntilTheNextReading() {
    DrivenNode a = driver.node("a");
    driver.reading(a, reading(1), Map.of(function, containers(1)));
    function.changed();
    assertThat(function.generation()).isOne();
    assertThat(function.warmth()).isNull();
    driver.reading(a, reading(2), Map.of());
    assertThat(warmth(function)).isEmpty();
  }

  @Test
  void sendsCallsOfAMergedFunctionToTheOneThatStays() {
    driver.node("a");
    DrivenCall before = start("1");
    DrivenFunction id = driver.function("01ABC");
    driver.merge(function, id);
    assertThat(policy.events).containsExactly("/t/app/f into 01ABC");
    assertThat(driver.function("/t/app/f")).isSameAs(id);
    assertThat(before.function()).isSameAs(function);
    driver.forget(id);
    assertThat(driver.function("/t/app/f")).isNotIn(id, function);
  }

  @Test
  void handsOnWhatThePolicyExplains() {
    DrivenNode a = driver.node("a");
    policy.explanation =
        out -> {
          out.candidate(a, 1.5, "hot");
          out.decision(a, "cheapest");
        };
    Explained told = driver.explain(function);
    assertThat(told.candidates()).containsExactly(new Explained.Candidate(a, 1.5, "hot"));
    assertThat(told.node()).isSameAs(a);
    assertThat(told.why()).isEqualTo("cheapest");
    assertThat(driver.underWay()).isZero();
  }

  static Stream<Arguments> forbidden() {
    return Stream.of(
        wrong("selected elsewhere, which is not in", (c, n) -> new DrivenNode("elsewhere")),
        wrong("selected a again, which was tried", (c, n) -> n.node(0)),
        wrong(
            "failed in select",
            (c, n) -> {
              throw new IllegalArgumentException();
            }),
        wrong("failed in select", (c, n) -> c.hold(0)),
        wrong(
            "selected a for a call that it asked to hold",
            (c, n) -> {
              c.hold(1);
              return n.node(0);
            }),
        wrong(
            "failed in select",
            (c, n) -> {
              c.hold(1);
              return c.hold(1);
            }),
        wrong(
            "failed in select",
            (c, n) -> {
              c.wake(n.node(0));
              return null;
            }));
  }

  private static Arguments wrong(
      String complaint, BiFunction<RoutingCall, NodeSnapshot, RoutingNode> choice) {
    return Arguments.of(complaint, choice);
  }

  @ParameterizedTest
  @MethodSource("forbidden")
  void refusesWhatAPolicyMayNotDoByItsName(
      String complaint, BiFunction<RoutingCall, NodeSnapshot, RoutingNode> choice) {
    driver.node("a");
    policy.choice = choice;
    assertThatThrownBy(() -> start("1").answered(Outcome.BUSY, 503, -1))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("policy 'scripted' " + complaint);
  }

  @Test
  void refusesANodeThatIsNotEligibleAnyMore() {
    DrivenNode a = driver.node("a");
    driver.node("b");
    policy.choice = (call, nodes) -> a;
    a.eligible(false);
    assertThatThrownBy(() -> start("1"))
        .hasMessage("policy 'scripted' selected a, which is not in the snapshot");
  }

  @Test
  void drawsTheSameRandomNumbersFromTheSameSeed() {
    long drawn = policy.context.random().nextLong();
    ScriptedPolicy again = new ScriptedPolicy();
    ScriptedPolicy other = new ScriptedPolicy();
    new PolicyDriver(again, Map.of("a", "b"), 1, time, (call, node) -> {}).close();
    new PolicyDriver(other, Map.of(), 2, time, (call, node) -> {}).close();
    assertThat(again.context.random().nextLong()).isEqualTo(drawn);
    assertThat(other.context.random().nextLong()).isNotEqualTo(drawn);
    assertThat(again.context.options()).containsEntry("a", "b");
  }

  /** Holds what may be held; else the node that the call was woken for, or the first untried. */
  private static BiFunction<RoutingCall, NodeSnapshot, RoutingNode> holding(long nanos) {
    return (call, nodes) -> {
      if (call.mayHold()) {
        return call.hold(nanos);
      }
      RoutingNode hint = call.wokenFor();
      return hint != null ? hint : ScriptedPolicy.firstUntried(call, nodes);
    };
  }

  private DrivenCall start(String name) {
    return driver.call(function, new CallHead(name, null, Map.of()), null, this::over);
  }

  private void over(DrivenCall call) {
    over.add(
        "%s %s on %s after %d ms, %d attempt(s), held %d ms"
            .formatted(
                call.method(),
                call.outcome(),
                call.node(),
                call.latencyNanos() / MILLIS,
                call.attempts(),
                call.heldNanos() / MILLIS));
  }

  private List<String> eligible() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < policy.snapshot.size(); i++) {
      ids.add(policy.snapshot.node(i).id());
    }
    return ids;
  }

  private static Reading reading(long nanos) {
    return new Reading(nanos, 1000, -1, -1, 0);
  }

  private static Containers containers(int idle) {
    return new Containers(idle, 0, 0, 0);
  }

  private static List<String> warmth(DrivenFunction function) {
    var warmth = function.warmth();
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < warmth.size(); i++) {
      entries.add(
          "%s@%d %d %d %d %d"
              .formatted(
                  warmth.node(i).id(),
                  warmth.scrapedNanos(i),
                  warmth.idle(i),
                  warmth.busy(i),
                  warmth.starting(i),
                  warmth.waiting(i)));
    }
    return entries;
  }
}
