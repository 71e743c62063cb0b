package com.fnproject.lb.plugins.hotset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.Warmth;
import com.fnproject.lb.spi.testkit.AttemptResult;
import com.fnproject.lb.spi.testkit.Containers;
import com.fnproject.lb.spi.testkit.DrivenCall;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.Explained;
import com.fnproject.lb.spi.testkit.PolicyDriver;
import com.fnproject.lb.spi.testkit.Reading;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;
import com.fnproject.lb.spi.testkit.VirtualTime;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The SPI's contract for {@code hot-set}, and its holds: two nodes that the test answers for. */
class HotSetPolicyTest extends RoutingPolicyContract {

  private static final long MILLIS = 1_000_000L;

  /** More than both nodes take before they are thought to be slow. */
  private static final int MANY = 50;

  private final VirtualTime time = new VirtualTime();
  private final List<DrivenCall> running = new ArrayList<>();

  @Override
  protected RoutingPolicyProvider provider() {
    return new HotSetProvider();
  }

  @Override
  protected String name() {
    return "hot-set";
  }

  @Override
  protected Map<String, String> goodOptions() {
    return Map.of("hot-window", "10", "hold", "0.5", "spread", "0");
  }

  @Override
  protected boolean foretells() {
    return true;
  }

  @Override
  protected void assertNothingBooked(RoutingPolicy policy, List<DrivenNode> nodes) {
    assertThat(nodes).allMatch(node -> node.state(HotNode::new).calls() == 0);
  }

  @Test
  void holdsACallWhileOthersRunWhereAStartWouldBeInTheirWayAndForetellsIt() {
    try (PolicyDriver driver = saturated()) {
      DrivenFunction function = driver.function("f");
      Explained told = driver.explain(function);
      assertThat(told.node()).isNull();
      assertThat(told.why())
          .isEqualTo(
              "held for 1000 ms at most: %d calls are under way, one of which should be over sooner"
                  + " than a start",
              running.size());
      assertThat(call(driver).node()).isNull();
      assertThat(function.held()).isOne();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void holdsNoCallIfToldSo(boolean known) {
    try (PolicyDriver driver = driver(Map.of("hold", "0"))) {
      if (known) {
        end(call(driver), Outcome.RAN);
      }
      for (int i = 0; i < MANY; i++) {
        assertThat(driver.explain(driver.function("f")).node()).isNotNull();
        assertThat(call(driver).node()).isNotNull();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void holdsOneCallForEachStartUnderWayThoughNoNodeIsBusy(boolean known) {
    try (PolicyDriver driver = driver(Map.of("concurrency", "1000"))) {
      if (known) {
        end(call(driver), Outcome.RAN);
        driver.function("f").changed();
      }
      for (int starts = 1; starts <= 5; starts++) {
        assertThat(call(driver).node()).isNotNull();
        assertThat(call(driver).node()).isNull();
        assertThat(driver.held()).isEqualTo(starts);
      }
    }
  }

  @Test
  void holdsNoCallForAStartThatIsOverSoonerThanACall() {
    try (PolicyDriver driver = driver(Map.of("concurrency", "1000"))) {
      for (int i = 0; i < 5; i++) {
        DrivenCall call = call(driver);
        pass(20_000);
        end(call, Outcome.RAN);
      }
      driver.function("f").changed();
      for (int i = 0; i < 5; i++) {
        assertThat(call(driver).node()).isNotNull();
      }
    }
  }

  @Test
  void givesAContainerThatComesBackToTheCallThatWasHeldFirst() {
    try (PolicyDriver driver = saturated()) {
      DrivenCall first = call(driver);
      DrivenCall second = call(driver);
      for (DrivenCall held : List.of(first, second)) {
        DrivenCall ending = running.removeLast();
        end(ending, Outcome.RAN);
        assertThat(held.holdEnd()).isEqualTo(HoldEnd.WOKEN);
        assertThat(held.node()).isSameAs(ending.node());
        assertThat(driver.held()).isEqualTo(held == first ? 1 : 0);
        running.addFirst(held);
      }
      endAll(driver);
    }
  }

  /** With the outcomes after which a call is not sent to another node. */
  @ParameterizedTest
  @EnumSource(names = {"NOT_RUN", "BROKEN", "TIMED_OUT", "ABANDONED"})
  void wakesOneCallWhenNoneIsLeftThatCouldComeBack(Outcome outcome) {
    try (PolicyDriver driver = saturated()) {
      DrivenCall first = call(driver);
      DrivenCall second = call(driver);
      while (running.size() > 1) {
        end(running.removeLast(), outcome);
        assertThat(driver.held()).isEqualTo(2);
      }
      end(running.removeLast(), outcome);
      assertThat(first.holdEnd()).isEqualTo(HoldEnd.WOKEN);
      assertThat(driver.held()).isOne();
      end(first, outcome);
      assertThat(second.holdEnd()).isEqualTo(HoldEnd.WOKEN);
      running.add(second);
      endAll(driver);
    }
  }

  @Test
  void letsACallWaitRatherThanAskNodesThatHaveJustRefusedOthers() {
    try (PolicyDriver driver = driver(Map.of())) {
      DrivenCall refused = refusedByBoth(driver);
      DrivenCall next = call(driver);
      assertThat(next.attempts()).as("nothing is known of the function's times").isZero();
      assertThat(driver.held()).isEqualTo(2);
      DrivenCall first = running.removeFirst();
      end(first, Outcome.RAN);
      assertThat(refused.holdEnd()).isEqualTo(HoldEnd.WOKEN);
      assertThat(refused.node()).isSameAs(first.node());
      DrivenCall second = running.removeFirst();
      end(second, Outcome.RAN);
      assertThat(next.node()).isSameAs(second.node());
      running.addAll(List.of(refused, next));
      pass(1000);
      DrivenCall later = call(driver);
      assertThat(later.node()).as("the refusals are forgotten").isNotNull();
      running.add(later);
      endAll(driver);
    }
  }

  @Test
  void asksANodeThatHasRefusedOthersWhenNoCallOfTheFunctionIsLeftThatCouldComeBack() {
    try (PolicyDriver driver = driver(Map.of())) {
      DrivenCall refused = refusedByBoth(driver);
      DrivenCall first = running.removeFirst();
      end(running.removeFirst(), Outcome.NOT_RUN);
      assertThat(driver.held()).isOne();
      end(first, Outcome.NOT_RUN);
      assertThat(refused.node()).isSameAs(first.node());
      end(refused, Outcome.NOT_RUN);
      DrivenCall next = call(driver);
      assertThat(next.node()).isNotNull();
      running.add(next);
      endAll(driver);
    }
  }

  @Test
  void sendsACallThatWasHeldForASecondAllTheSame() {
    try (PolicyDriver driver = saturated()) {
      DrivenCall held = call(driver);
      pass(999);
      assertThat(held.node()).isNull();
      pass(1);
      assertThat(held.holdEnd()).isEqualTo(HoldEnd.EXPIRED);
      assertThat(held.node()).isNotNull();
      running.add(held);
      endAll(driver);
    }
  }

  @Test
  void forgetsAHeldCallWhoseClientHasGone() {
    try (PolicyDriver driver = saturated()) {
      call(driver).clientGone();
      DrivenCall next = call(driver);
      DrivenCall ending = running.removeLast();
      end(ending, Outcome.RAN);
      assertThat(next.node()).isSameAs(ending.node());
      running.add(next);
      endAll(driver);
    }
  }

  /** Behind a warmth stand whole pages of nodes, and each idle function would keep its own. */
  @Test
  void keepsNoReadingAliveForAFunctionThatNobodyCallsAnyMore() {
    try (PolicyDriver driver = driver(Map.of())) {
      DrivenFunction function = driver.function("f");
      Reading reading = new Reading(time.nowNanos(), MILLIS, -1, -1, 1);
      driver.reading(
          driver.nodes().getFirst(), reading, Map.of(function, new Containers(1, 0, 0, 0)));
      WeakReference<Warmth> told = new WeakReference<>(function.warmth());
      end(call(driver), Outcome.RAN);
      assertThat(told.get()).isNotNull();
      function.publish(null);
      for (int i = 0; i < 100 && !told.refersTo(null); i++) {
        System.gc();
      }
      assertThat(told.refersTo(null)).isTrue();
      assertThat(driver.underWay()).isZero();
    }
  }

  @Test
  void pricesEachNodeOnceWhereEverythingIsSlow() {
    Map<String, String> slow = Map.of("headroom", "0.1", "concurrency", "0.2");
    Set<Integer> priced = new HashSet<>();
    try (PolicyDriver driver = driver(slow)) {
      driver.nodes(nodes("n", 40).stream().map(DrivenNode::id).toList());
      for (DrivenFunction each : functions(1000)) {
        // It refuses a node that is named twice.
        priced.add(driver.explain(driver.function(each.key())).candidates().size());
      }
    }
    // The function's own 16, and none, one or both of two drawn from all.
    assertThat(priced).containsExactlyInAnyOrder(16, 17, 18);
  }

  @Test
  void looksAtSomeOfTheNodesOfAFunctionThatIsHotOnManyAndForgetsThemAllInTheEnd() {
    try (PolicyDriver driver = driver(Map.of("hold", "0"))) {
      driver.nodes(nodes("n", 100).stream().map(DrivenNode::id).toList());
      DrivenFunction function = driver.function("f");
      FunctionState known = function.state(FunctionState::new);
      for (int i = 0; i < 400; i++) {
        running.add(call(driver));
      }
      int most = known.size();
      assertThat(most).isGreaterThan(64);
      running.forEach(call -> end(call, Outcome.RAN));
      running.clear();
      for (int i = 0; i < 1000; i++) {
        // It refuses a node that is named twice.
        assertThat(driver.explain(function).candidates()).hasSizeBetween(32, 36);
        DrivenCall call = call(driver);
        end(call, Outcome.RAN);
      }
      assertThat(known.size()).isBetween(32, most);
      pass(600_000);
      for (int i = 0; i < 20; i++) {
        assertThat(driver.explain(function).candidates()).hasSizeLessThan(36);
        end(call(driver), Outcome.RAN);
      }
      assertThat(known.size()).isLessThan(4);
      endAll(driver);
    }
  }

  private PolicyDriver driver(Map<String, String> options) {
    PolicyDriver driver = new PolicyDriver(provider(), options, 1, time, (call, node) -> {});
    driver.nodes(List.of("a:1", "b:1"));
    return driver;
  }

  /**
   * A driver with calls under way on both nodes, all of them in containers that were there, and
   * with so many of other functions that the next one should be held.
   */
  private PolicyDriver saturated() {
    PolicyDriver driver = driver(Map.of());
    end(call(driver), Outcome.RAN);
    Map<DrivenFunction, Containers> idle = Map.of(driver.function("f"), new Containers(3, 0, 0, 0));
    for (DrivenNode node : driver.nodes()) {
      driver.reading(node, new Reading(time.nowNanos(), 60_000 * MILLIS, -1, -1, 3), idle);
    }
    for (int i = 0; i < 6; i++) {
      running.add(call(driver));
    }
    for (int i = 0; driver.explain(driver.function("f")).node() != null; i++) {
      assertThat(i).isLessThan(MANY);
      assertThat(driver.call(driver.function("other" + i), over -> {}).node()).isNotNull();
    }
    assertThat(driver.held()).isZero();
    assertThat(running)
        .extracting(DrivenCall::node)
        .contains(driver.nodes().toArray(DrivenNode[]::new));
    return driver;
  }

  /**
   * A call that is held because both nodes have just refused another one; {@link #running} are two
   * calls of its function, one on each, in containers that were there.
   */
  private DrivenCall refusedByBoth(PolicyDriver driver) {
    Map<DrivenFunction, Containers> idle = Map.of(driver.function("f"), new Containers(1, 0, 0, 0));
    for (DrivenNode node : driver.nodes()) {
      driver.reading(node, new Reading(time.nowNanos(), 60_000 * MILLIS, -1, -1, 1), idle);
    }
    running.addAll(List.of(call(driver), call(driver)));
    assertThat(running.getFirst().node()).isNotSameAs(running.getLast().node());
    DrivenCall refused = driver.call(driver.function("other"), over -> {});
    end(refused, Outcome.BUSY);
    end(refused, Outcome.BUSY);
    assertThat(refused.outcome()).isEqualTo(Outcome.BUSY);
    DrivenCall held = call(driver);
    assertThat(driver.held()).isOne();
    return held;
  }

  private static DrivenCall call(PolicyDriver driver) {
    return driver.call(driver.function("f"), over -> {});
  }

  private void pass(long millis) {
    time.runUntil(time.nowNanos() + millis * MILLIS);
  }

  /** Ends an attempt after a while, and lets the call run that it has woken. */
  private void end(DrivenCall call, Outcome outcome) {
    pass(10);
    call.answered(outcome, AttemptResult.usualStatus(outcome), outcome == Outcome.RAN ? 0 : -1);
    pass(0);
  }

  private void endAll(PolicyDriver driver) {
    running.forEach(call -> end(call, Outcome.RAN));
    assertThat(running).allMatch(call -> call.outcome() == Outcome.RAN);
    assertThat(driver.held()).isZero();
    driver.close();
    assertNothingBooked(driver.policy(), driver.nodes());
  }
}
