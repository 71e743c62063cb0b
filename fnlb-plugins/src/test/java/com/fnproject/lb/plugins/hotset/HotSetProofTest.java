package com.fnproject.lb.plugins.hotset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.Warmth;
import com.fnproject.lb.spi.testkit.AttemptResult;
import com.fnproject.lb.spi.testkit.Containers;
import com.fnproject.lb.spi.testkit.DrivenCall;
import com.fnproject.lb.spi.testkit.DrivenFunction;
import com.fnproject.lb.spi.testkit.DrivenNode;
import com.fnproject.lb.spi.testkit.Explained;
import com.fnproject.lb.spi.testkit.KnownWarmth;
import com.fnproject.lb.spi.testkit.PolicyDriver;
import com.fnproject.lb.spi.testkit.Reading;
import com.fnproject.lb.spi.testkit.VirtualTime;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code hot-set} takes for proof that a container is there, and what it does not. */
class HotSetProofTest {

  private static final long MILLIS = 1_000_000L;

  private final VirtualTime time = new VirtualTime();
  private final PolicyDriver driver =
      new PolicyDriver(new HotSetProvider(), Map.of("hold", "0"), 1, time, (call, node) -> {});

  @ParameterizedTest
  @EnumSource(names = {"BUSY", "NOT_RUN", "NOT_SENT"})
  void doesNotThinkANodeHotThatHasRunNothing(Outcome outcome) {
    driver.node("a:1");
    end(call("f"), outcome);
    assertThat(words("f")).doesNotContain("hot");
  }

  @ParameterizedTest
  @EnumSource(names = {"BUSY", "NOT_RUN", "NOT_SENT"})
  void doesNotCountACallThatDidNotRunAsAContainer(Outcome outcome) {
    driver.node("a:1");
    DrivenCall running = call("f");
    end(call("f"), outcome);
    assertThat(words("f")).contains("busy");
    end(running, Outcome.RAN);
    assertThat(words("f")).contains("hot");
  }

  @Test
  void learnsTheUsualTimeAsIfThereWereNoHeaderWhenTheHeaderSaysMoreThanTheCallTook() {
    driver.node("a:1");
    for (int i = 0; i < 20; i++) {
      DrivenCall call = call("f");
      time.runUntil(time.nowNanos() + 40 * MILLIS);
      call.answered(Outcome.RAN, 200, 3_600_000 * MILLIS);
      time.run();
    }
    assertThat(words("f")).contains("usually 40 ms");
  }

  @Test
  void doesNotThinkANodeHotThatAnswersNoCallForLongerThanCallsTake() {
    driver.node("a:1");
    twoContainers();
    DrivenCall unanswered = call("f");
    pass(40);
    assertThat(words("f")).contains("hot");
    pass(400);
    assertThat(words("f")).contains("busy");
    end(unanswered, Outcome.RAN);
    assertThat(words("f")).contains("hot");
  }

  @Test
  void thinksANodeHotThatAnswersOthersWhileOneCallTakesLong() {
    driver.node("a:1");
    twoContainers();
    DrivenCall unanswered = call("f");
    pass(400);
    DrivenCall later = call("f");
    pass(40);
    end(later, Outcome.RAN);
    pass(400);
    assertThat(words("f")).contains("hot");
    end(unanswered, Outcome.RAN);
  }

  /** Lets a function that takes 40 ms run twice at once, often enough to be known. */
  private void twoContainers() {
    for (int i = 0; i < 20; i++) {
      DrivenCall one = call("f");
      DrivenCall other = call("f");
      pass(40);
      end(one, Outcome.RAN);
      end(other, Outcome.RAN);
    }
  }

  @Test
  void doesNotTakeCallsOfBeforeAChangeForProof() {
    driver.node("a:1");
    DrivenCall first = call("f");
    DrivenCall second = call("f");
    driver.function("f").changed();
    end(first, Outcome.RAN);
    assertThat(words("f")).doesNotContain("hot");
    end(second, Outcome.RAN);
    assertThat(words("f")).doesNotContain("hot");
    end(call("f"), Outcome.RAN);
    assertThat(words("f")).contains("hot");
  }

  @Test
  void doesNotLearnHowLongContainersLiveFromANodeThatComesBack() {
    DrivenNode node = driver.node("a:1");
    List<String> keys = IntStream.range(0, 40).mapToObj(i -> "f" + i).toList();
    for (String key : keys) {
      end(call(key), Outcome.RAN);
      end(call(key), Outcome.RAN);
    }
    node.eligible(false);
    node.eligible(true);
    for (String key : keys) {
      end(call(key), Outcome.RAN);
    }
    assertThat(node.state(HotNode::new).hotWindow).isEqualTo(30);
  }

  @Test
  void sendsToAHealthyNodeWhileThereIsOneThoughTheFunctionsOwnCannotBeReached() {
    driver.nodes(IntStream.range(0, 17).mapToObj(i -> "n" + i + ":1").toList());
    long dead = time.nowNanos() + 1000 * MILLIS;
    DrivenNode last = null;
    for (int i = 0; i < 200; i++) {
      String key = "f" + i;
      if (i == 0) {
        last = driver.nodes().get(16);
        for (DrivenNode node : driver.nodes()) {
          if (node != last) {
            node.state(HotNode::new).deadUntilNanos = dead;
          }
        }
      }
      assertThat(driver.explain(driver.function(key)).node()).isSameAs(last);
    }
  }

  @Test
  void believesAReadingAsLongAsItIsYoungThoughTheFunctionWasNotCalledSince() {
    DrivenNode a = driver.node("a:1");
    driver.node("b:1");
    DrivenFunction function = driver.function("f");
    driver.reading(
        a,
        new Reading(0, 30_000 * MILLIS, -1, -1, 1),
        Map.of(function, new Containers(1, 0, 0, 0)));
    pass(50_000);
    assertThat(words("f")).contains("hot");
  }

  /** The server publishes a function's warmth, then the node's reading. */
  @Test
  void neverTakesTheWarmthOfBeforeForThatOfANewReading() {
    DrivenNode a = driver.node("a:1");
    DrivenFunction function = driver.function("f");
    end(call("f"), Outcome.RAN);
    Reading first = new Reading(1, 5_000 * MILLIS, -1, -1, 1);
    Reading second = new Reading(2, 5_000 * MILLIS, -1, -1, 1);
    KnownWarmth none = KnownWarmth.NONE.with(a, 1, new Containers(0, 0, 0, 0));
    KnownWarmth idle = KnownWarmth.NONE.with(a, 2, new Containers(1, 0, 0, 0));
    a.publish(first);
    function.publish(
        new Published(
            none,
            () -> {
              function.publish(idle);
              a.publish(second);
            }));
    driver.explain(function);
    assertThat(words("f")).contains("hot");
  }

  @Test
  void mergesNoProofThatHasBecomeVoid() {
    DrivenNode node = driver.node("a:1");
    end(call("f"), Outcome.RAN);
    end(call("g"), Outcome.RAN);
    driver.function("f").changed();
    driver.merge(driver.function("f"), driver.function("h"));
    assertThat(words("h")).doesNotContain("hot");
    node.eligible(false);
    node.eligible(true);
    driver.merge(driver.function("g"), driver.function("i"));
    assertThat(words("i")).doesNotContain("hot");
  }

  @Test
  void carriesTheRateOverWhenTwoFunctionsAreOneThoughTheClockIsBelowZero() {
    long now = -1_000_000_000_000L;
    FunctionState from = new FunctionState(new DrivenFunction("a"));
    for (int i = 0; i < 30; i++) {
      from.arrived(now);
    }
    FunctionState into = new FunctionState(new DrivenFunction("b"));
    into.adopt(from, 5_000 * MILLIS);
    assertThat(into.rate(now)).isEqualTo(1);
    assertThat(into.rate(now + 300_000 * MILLIS)).isLessThan(0.01);
  }

  /** Lets something happen as soon as it is looked at. */
  private static final class Published implements Warmth {
    private final Warmth warmth;
    private final Runnable meanwhile;

    Published(Warmth warmth, Runnable meanwhile) {
      this.warmth = warmth;
      this.meanwhile = meanwhile;
    }

    @Override
    public int size() {
      meanwhile.run();
      return warmth.size();
    }

    @Override
    public RoutingNode node(int i) {
      return warmth.node(i);
    }

    @Override
    public long scrapedNanos(int i) {
      return warmth.scrapedNanos(i);
    }

    @Override
    public int idle(int i) {
      return warmth.idle(i);
    }

    @Override
    public int busy(int i) {
      return warmth.busy(i);
    }

    @Override
    public int starting(int i) {
      return warmth.starting(i);
    }

    @Override
    public int waiting(int i) {
      return warmth.waiting(i);
    }
  }

  private DrivenCall call(String key) {
    return driver.call(driver.function(key), over -> {});
  }

  /** Of all candidates. */
  private String words(String key) {
    Explained told = driver.explain(driver.function(key));
    return told.candidates().toString();
  }

  private void end(DrivenCall call, Outcome outcome) {
    pass(10);
    call.answered(outcome, AttemptResult.usualStatus(outcome), -1);
    pass(0);
  }

  private void pass(long millis) {
    time.runUntil(time.nowNanos() + millis * MILLIS);
  }
}
