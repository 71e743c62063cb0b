package com.fnproject.lb.spi.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A cluster in which everything that may happen does, at random moments. What happens depends on
 * the seed and on the policy's choices, which therefore can be compared by their endings.
 */
final class PolicyChaos implements Cluster {

  static final int CALLS = 4000;
  private static final long MILLIS = 1_000_000L;

  /** Longer than Fn keeps idle containers, 30 s, and than policies should trust what they know. */
  private static final long PAUSE = 100_000 * MILLIS;

  /** How long half of the calls take to start. */
  private static final long BURSTS = CALLS / 2 / 200 * 400L * MILLIS;

  private static final double[] WEIGHTS = {Double.MIN_VALUE, 0.01, 0.5, 1, 1, 1, 3, 1e6, 1e300};

  private final VirtualTime time = new VirtualTime();
  private final Random random;
  private final PolicyDriver driver;
  private final boolean foretelling;
  private final List<DrivenNode> everyNode = new ArrayList<>();
  private final List<String> endings = new ArrayList<>();
  private boolean explaining;
  private int started;

  PolicyChaos(
      RoutingPolicyProvider provider, Map<String, String> options, long seed, boolean foretelling) {
    random = new Random(seed);
    this.foretelling = foretelling;
    driver = new PolicyDriver(provider, options, seed, time, this);
    for (int i = 0; i < 8; i++) {
      addNode();
    }
  }

  /** Asks the policy about every call before it starts, and about others at any time. */
  void explainAll() {
    explaining = true;
    // Not the one that decides what happens, which is to be the same.
    Random curious = new Random(CALLS);
    for (int i = 0; i < CALLS; i++) {
      long nanos = curious.nextLong(2 * BURSTS);
      String key = "/t/app/f" + curious.nextInt(12);
      time.at(nanos < BURSTS ? nanos : nanos + curious.nextLong(PAUSE), () -> look(key));
    }
  }

  private void look(String key) {
    Explained unused = driver.explain(driver.function(key));
  }

  /** How the calls ended, in that order. */
  List<String> endings() {
    return endings;
  }

  /** All nodes that have ever been there. */
  List<DrivenNode> everyNode() {
    return List.copyOf(everyNode);
  }

  /** Half of the calls; some may be under way or held. */
  PolicyDriver runHalf() {
    for (int i = 0; i < CALLS / 2; i++) {
      planCall();
    }
    time.runUntil(850 * MILLIS); // 50 ms into the third burst
    assertThat(driver.underWay()).isPositive();
    return driver;
  }

  /** All calls, until none is left. */
  PolicyDriver run() {
    for (int i = 0; i < CALLS; i++) {
      planCall();
    }
    time.run();
    assertThat(driver.underWay()).as("calls that never ended").isZero();
    assertThat(driver.held()).as("calls still held").isZero();
    assertThat(everyNode).allMatch(node -> node.inFlight() == 0);
    return driver;
  }

  /** In bursts, so that a node's calls queue up. */
  private void planCall() {
    started++;
    long burst = started / 200 * 400L * MILLIS + (started < CALLS / 2 ? 0 : PAUSE);
    time.at(burst + random.nextInt(60) * MILLIS, this::start);
  }

  private void start() {
    if (random.nextInt(20) == 0) {
      disturb();
    }
    DrivenFunction function = randomFunction();
    Explained told = explaining ? driver.explain(function) : null;
    DrivenCall call = driver.call(function, this::over);
    if (told != null && foretelling && call.attempts() < 2) { // else a cap sent it on at once
      assertThat(told.decided()).as("a decision in %s", told).isTrue();
      assertThat(told.node()).as("the choice that was foretold: %s", told).isSameAs(call.node());
    }
    if (random.nextInt(15) == 0) {
      time.at(time.nowNanos() + random.nextInt(300) * MILLIS, call::clientGone);
    }
  }

  /** A few functions get most calls. */
  private DrivenFunction randomFunction() {
    return driver.function("/t/app/f" + random.nextInt(1 + random.nextInt(12)));
  }

  private void disturb() {
    List<DrivenNode> nodes = driver.nodes();
    DrivenNode node = nodes.get(random.nextInt(nodes.size()));
    switch (random.nextInt(9)) {
      case 0 -> node.eligible(!node.eligible());
      case 1 -> node.weight(WEIGHTS[random.nextInt(WEIGHTS.length)]);
      case 2 -> node.cap(1 + random.nextInt(20));
      case 3 -> addNode();
      case 4 -> {
        if (nodes.size() > 3) {
          driver.remove(node);
        }
      }
      case 5 -> randomFunction().changed();
      case 6 -> driver.merge(randomFunction(), driver.function("/invoke/" + random.nextInt(3)));
      case 7 -> driver.forget(randomFunction());
      default -> tell(node);
    }
    if (driver.nodes().stream().noneMatch(DrivenNode::eligible)) {
      node.eligible(true);
    }
  }

  private void addNode() {
    everyNode.add(driver.node("n%03d:8080".formatted(everyNode.size())));
  }

  /** A reading that need not be true: other balancers are there as well. */
  private void tell(DrivenNode node) {
    if (random.nextInt(5) == 0) {
      driver.reading(node, null, Map.of());
      return;
    }
    Map<DrivenFunction, Containers> told = new HashMap<>();
    for (int i = 0; i < 4; i++) {
      told.put(
          randomFunction(),
          new Containers(random.nextInt(5), random.nextInt(5), random.nextInt(2), 0));
    }
    long memory = random.nextBoolean() ? -1 : random.nextLong(4L << 30);
    driver.reading(
        node,
        new Reading(time.nowNanos(), (1 + random.nextInt(5000)) * MILLIS, memory, memory, 40),
        told);
  }

  @Override
  public void send(DrivenCall call, DrivenNode node) {
    // The more calls, the slower: a policy that looks at latency sees a node under pressure.
    long nanos = (1 + random.nextInt(10 + 10 * node.inFlight())) * MILLIS;
    int lot = random.nextInt(100);
    Outcome[] others = Outcome.values();
    Outcome outcome = lot < 85 ? Outcome.RAN : others[random.nextInt(others.length)];
    long waitNanos = lot % 2 == 0 ? -1 : random.nextLong(nanos + 1);
    time.at(
        time.nowNanos() + nanos,
        () -> {
          boolean last =
              call.headArrived(
                  outcome, AttemptResult.usualStatus(outcome), waitNanos, lot == 99 ? nanos : -1);
          if (last) {
            time.at(time.nowNanos() + random.nextInt(3) * MILLIS, call::bodyEnded);
          }
        });
  }

  private void over(DrivenCall call) {
    Outcome outcome = call.outcome();
    boolean left = call.holdEnd() == HoldEnd.CLIENT_GONE || call.holdEnd() == HoldEnd.CLOSING;
    boolean wanted =
        outcome == null
            || outcome == Outcome.BUSY
            || outcome == Outcome.NOT_SENT
            || outcome == Outcome.UNREACHABLE;
    if (wanted && !left && call.attempts() < PolicyDriver.ATTEMPTS) {
      assertThat(driver.nodes())
          .as("eligible nodes that were not offered to %s", call.function())
          .noneMatch(node -> node.eligible() && !call.tried(node));
    }
    endings.add(
        call.function()
            + " "
            + outcome
            + " "
            + call.node()
            + " "
            + call.attempts()
            + " "
            + call.holdEnd());
  }
}
