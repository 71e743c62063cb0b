package com.fnproject.lb.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.fn.FnFunction;
import com.fnproject.lb.fn.FunctionTable;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.Tag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Holding, with a policy whose every step is the test's and a thread for each call. Whatever races,
 * {@link #nothingIsLeftHeld} finds every place given back.
 */
@Timeout(30)
class HoldTest {

  private static final long LONG = TimeUnit.SECONDS.toNanos(20);
  private static final int IN_ALL = 6;
  private static final int PER_FUNCTION = 4;
  private static final Duration LONGEST = Duration.ofSeconds(20);

  /** Holds a call for as long as it may, once; then sends it where its place is. */
  private RoutingNode holdThenSend(RoutingCall call) {
    if (call.mayHold()) {
      return call.hold(holdNanos);
    }
    chosenFor.add(call.wokenFor() == null ? "nobody" : call.wokenFor().id());
    return node;
  }

  private final class Policy implements RoutingPolicy {
    @Override
    public NodeSelector newSelector(NodeSnapshot snapshot) {
      return call -> selector.select(call);
    }

    @Override
    public void onHoldEnded(RoutingCall call, HoldEnd why) {
      ends.add(why);
      onEnd.accept(call, why);
    }
  }

  private volatile NodeSelector selector = this::holdThenSend;
  private volatile BiConsumer<RoutingCall, HoldEnd> onEnd = (call, why) -> {};
  private volatile long holdNanos = LONG;
  private final ConcurrentLinkedQueue<HoldEnd> ends = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> chosenFor = new ConcurrentLinkedQueue<>();
  private final FnFunction function = FunctionTable.unremembered("/t/a/b");
  private final MeterRegistry meters = MeterRegistry.create(MetricsConfig.create());
  private Router router;
  private NodeRegistry registry;
  private Node node;

  @BeforeEach
  void build() {
    build(LONGEST);
  }

  private void build(Duration longest) {
    HoldConfig config = new HoldConfig(IN_ALL, PER_FUNCTION, longest);
    router = new Router(new Policy(), "scripted", config, System::nanoTime, meters);
    registry = Registries.unconnected(router::newSelector, System::nanoTime);
    registry.apply(new NodeChange.Add(new NodeAddress("n", 1)));
    node = registry.table().nodes().all().getFirst();
    registry.apply(new NodeChange.Health(node, true));
  }

  @AfterEach
  void nothingIsLeftHeld() {
    assertThat(function.held()).isZero();
    // Every place is free again: so many calls can be held at once, and no more.
    if (router.holds().hasRoom(function.heldCalls())) {
      List<FutureTask<Node>> calls = new ArrayList<>();
      selector = this::holdThenSend;
      holdNanos = LONG;
      for (int i = 0; i < IN_ALL; i++) {
        calls.add(inBackground(new PlainCall(router, FunctionTable.unremembered("/t/a/" + i))));
      }
      await().until(() -> router.holds().held() == IN_ALL);
      assertThat(router.endHolds()).isEqualTo(IN_ALL);
      calls.forEach(call -> assertThat(call).succeedsWithin(Duration.ofSeconds(5)));
    }
    registry.close();
    router.close();
    meters.close();
  }

  private FutureTask<Node> inBackground(PlainCall call) {
    FutureTask<Node> task = new FutureTask<>(() -> router.select(registry, call));
    Thread unused = Thread.ofVirtual().start(task);
    return task;
  }

  /** A call that is held, in the background. */
  private FutureTask<Node> held(PlainCall call) {
    int before = function.held();
    FutureTask<Node> task = inBackground(call);
    await().until(() -> function.held() > before);
    return task;
  }

  private boolean wake() {
    return new PlainCall(router, function).wake(node);
  }

  private long limit(String name) {
    return meters
        .getOrCreate(Counter.builder("fnlb.limits").tags(List.of(Tag.create("limit", name))))
        .count();
  }

  @Test
  void firstComeFirstWoken() {
    List<PlainCall> calls = new ArrayList<>();
    ConcurrentLinkedQueue<RoutingCall> woken = new ConcurrentLinkedQueue<>();
    onEnd = (call, why) -> woken.add(call);
    for (int i = 0; i < PER_FUNCTION; i++) {
      calls.add(new PlainCall(router, function));
      FutureTask<Node> unused = held(calls.get(i));
    }
    for (int i = 1; i <= PER_FUNCTION; i++) {
      assertThat(wake()).isTrue();
      int sofar = i;
      await().until(() -> woken.size() == sofar);
    }
    assertThat(woken).containsExactlyElementsOf(calls);
    assertThat(wake()).isFalse();
    await().until(() -> chosenFor.size() == PER_FUNCTION);
    assertThat(chosenFor).containsOnly("n:1");
    assertThat(ends).containsOnly(HoldEnd.WOKEN);
  }

  /** The race of a wake that comes when the call has joined the queue and not parked yet. */
  @Test
  void aWakeBetweenHoldAndParkingIsNotLost() {
    selector =
        call -> {
          if (!call.mayHold()) {
            return holdThenSend(call);
          }
          RoutingNode none = call.hold(LONG);
          assertThat(wake()).isTrue();
          return none;
        };
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(ends).containsExactly(HoldEnd.WOKEN);
    assertThat(chosenFor).containsExactly("n:1");
  }

  @Test
  void aHoldEndsByItsDeadlineAndTheCallIsNotHeldAgain() {
    holdNanos = 1_000_000;
    PlainCall call = new PlainCall(router, function);
    assertThat(router.select(registry, call)).isSameAs(node);
    assertThat(ends).containsExactly(HoldEnd.EXPIRED);
    assertThat(chosenFor).containsExactly("nobody");
    assertThat(call.mayHold()).isFalse();
  }

  @Test
  void noHoldIsLongerThanTheOperatorAllows() {
    router.close();
    build(Duration.ofMillis(1));
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(ends).containsExactly(HoldEnd.EXPIRED);
    assertThat(limit("max-hold")).isEqualTo(1);
    assertThat(router.endHolds()).isZero();
  }

  @Test
  void aFunctionHasOnlySoManyHeldCallsAndAllTogetherToo() {
    for (int i = 0; i < PER_FUNCTION; i++) {
      FutureTask<Node> unused = held(new PlainCall(router, function));
    }
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(limit("max-held-per-function")).isEqualTo(1);
    for (int i = PER_FUNCTION; i < IN_ALL; i++) {
      FutureTask<Node> unused =
          inBackground(new PlainCall(router, FunctionTable.unremembered("/t/c/" + i)));
    }
    await().until(() -> router.holds().held() == IN_ALL);
    assertThat(limit("max-held")).isZero();
    assertThat(router.select(registry, new PlainCall(router, FunctionTable.unremembered("/t/d"))))
        .isSameAs(node);
    assertThat(limit("max-held")).isEqualTo(1);
    assertThat(function.held()).isEqualTo(PER_FUNCTION);
    assertThat(router.endHolds()).isEqualTo(IN_ALL);
    await().until(() -> router.holds().held() == 0);
  }

  /** The race of two calls for the last place, both of which were told that they may be held. */
  @Test
  void aPolicyThatOthersOvertakeIsAskedAgainAtOnce() {
    for (int i = 1; i < PER_FUNCTION; i++) {
      FutureTask<Node> unused = held(new PlainCall(router, function));
    }
    selector =
        call -> {
          if (!call.mayHold()) {
            return node;
          }
          selector = this::holdThenSend;
          FutureTask<Node> unused = held(new PlainCall(router, function));
          return call.hold(LONG);
        };
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(ends).containsExactly(HoldEnd.EXPIRED);
    assertThat(faults()).isZero();
    assertThat(limit("max-held-per-function")).isEqualTo(1);
    while (wake()) {
      // Let the others go.
    }
    await().until(() -> router.holds().held() == 0);
  }

  private long faults() {
    return meters.getOrCreate(Counter.builder("fnlb.policy.faults")).count();
  }

  @Test
  void aHoldThatThePolicyDoesNotMeanIsWithdrawnAndAWakeOfItPassedOn() {
    FutureTask<Node> second =
        new FutureTask<>(() -> router.select(registry, new PlainCall(router, function)));
    selector =
        call -> {
          RoutingNode unused = call.hold(LONG);
          selector = this::holdThenSend;
          Thread thread = Thread.ofVirtual().start(second);
          await().until(() -> function.held() == 2);
          // Chooses the call that is not going to be held.
          assertThat(thread.isAlive() && wake()).isTrue();
          return node;
        };
    PlainCall first = new PlainCall(router, function);
    selector = askedFirst(selector);
    assertThat(router.select(registry, first)).isSameAs(node);
    assertThat(second).succeedsWithin(Duration.ofSeconds(5)).isSameAs(node);
    assertThat(ends).containsExactly(HoldEnd.WOKEN);
    assertThat(faults()).isZero();
  }

  private static NodeSelector askedFirst(NodeSelector then) {
    return call -> {
      assertThat(call.mayHold()).isTrue();
      return then.select(call);
    };
  }

  @Test
  void aPolicyThatHoldsAgainstTheRulesIsStoodInFor() {
    selector =
        call -> {
          if (call.mayHold()) {
            RoutingNode unused = call.hold(LONG);
          }
          return call.hold(LONG);
        };
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(faults()).isEqualTo(1);
    selector = call -> call.hold(0);
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    selector =
        call -> {
          boolean unused = call.wake(node);
          return node;
        };
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(faults()).isEqualTo(3);
    onEnd =
        (call, why) -> {
          throw new IllegalStateException("bug");
        };
    selector = this::holdThenSend;
    holdNanos = 1;
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(faults()).isEqualTo(4);
    assertThatThrownBy(() -> new PlainCall(router, function).hold(1))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aClientThatGoesEndsTheHoldAndNoNodeIsChosen() {
    PlainCall call = new PlainCall(router, function);
    FutureTask<Node> task = held(call);
    call.clientGone();
    assertThat(task).succeedsWithin(Duration.ofSeconds(5)).isNull();
    assertThat(ends).containsExactly(HoldEnd.CLIENT_GONE);
    assertThat(call.holdEnd()).isEqualTo(HoldEnd.CLIENT_GONE);
    assertThat(chosenFor).isEmpty();
    PlainCall gone = new PlainCall(router, function);
    gone.clientGone();
    assertThat(router.select(registry, gone)).isNull();
    assertThat(chosenFor).isEmpty();
  }

  /** The race of a wake and a client that goes, before the call's thread has noticed either. */
  @Test
  void aWakeForACallWhoseClientGoesGoesToTheNextHeldCall() {
    PlainCall leaving = new PlainCall(router, function);
    List<FutureTask<Node>> next = new ArrayList<>();
    selector =
        call -> {
          if (call != leaving) {
            return holdThenSend(call);
          }
          RoutingNode none = call.hold(LONG);
          assertThat(wake()).isTrue();
          next.add(held(new PlainCall(router, function)));
          leaving.clientGone();
          return none;
        };
    assertThat(router.select(registry, leaving)).isNull();
    assertThat(leaving.holdEnd()).isEqualTo(HoldEnd.CLIENT_GONE);
    assertThat(next.getFirst()).succeedsWithin(Duration.ofSeconds(5)).isSameAs(node);
    assertThat(ends).containsExactlyInAnyOrder(HoldEnd.CLIENT_GONE, HoldEnd.WOKEN);
    assertThat(chosenFor).containsExactly("n:1");
  }

  @Test
  void theEndOfTheBalancerEndsEveryHoldAndLetsNoneBegin() {
    PlainCall call = new PlainCall(router, function);
    FutureTask<Node> task = held(call);
    assertThat(router.endHolds()).isEqualTo(1);
    assertThat(task).succeedsWithin(Duration.ofSeconds(5)).isNull();
    assertThat(call.holdEnd()).isEqualTo(HoldEnd.CLOSING);
    assertThat(new PlainCall(router, function).mayHold()).isFalse();
    assertThat(router.select(registry, new PlainCall(router, function))).isSameAs(node);
    assertThat(limit("max-held")).isZero();
  }

  @Test
  void anInterruptIsTheEndOfTheBalancerAndDoesNotHinderTheAnswer() {
    PlainCall call = new PlainCall(router, function);
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> router.select(registry, call) == null && !Thread.currentThread().isInterrupted());
    Thread thread = Thread.ofVirtual().start(task);
    await().until(() -> function.held() == 1);
    thread.interrupt();
    assertThat(task).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(true);
    assertThat(call.holdEnd()).isEqualTo(HoldEnd.CLOSING);
  }

  /**
   * Wakes, deadlines and leaving clients race for the same calls: each hold ends, and once; each
   * wake that said that it woke a call did.
   */
  @Test
  void everyHoldEndsOnceInAStormOfWakes() throws Exception {
    int callers = 8;
    int rounds = 500;
    AtomicInteger woken = new AtomicInteger();
    int said = 0;
    AtomicInteger over = new AtomicInteger();
    AtomicInteger asked = new AtomicInteger();
    onEnd =
        (call, why) -> {
          over.incrementAndGet();
          if (why == HoldEnd.WOKEN) {
            woken.incrementAndGet();
          }
        };
    selector =
        call -> {
          if (call.mayHold()) {
            // Some end by themselves while they are being woken.
            return call.hold(asked.incrementAndGet() % 3 == 0 ? 20_000 : LONG);
          }
          return node;
        };
    CountDownLatch running = new CountDownLatch(callers);
    for (int i = 0; i < callers; i++) {
      boolean leaves = i == 0;
      Thread unused =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int round = 0; round < rounds; round++) {
                      PlainCall call = new PlainCall(router, function);
                      if (leaves) {
                        Thread.ofVirtual().start(call::clientGone);
                      }
                      Node node = router.select(registry, call);
                      assertThat(node == null).isEqualTo(call.holdEnd() == HoldEnd.CLIENT_GONE);
                    }
                    running.countDown();
                  });
    }
    while (!running.await(0, TimeUnit.SECONDS)) {
      if (wake()) {
        said++;
      } else {
        Thread.onSpinWait();
      }
    }
    // A wake may have gone from a call whose client had left to nobody.
    assertThat(woken.get()).isBetween(said - rounds, said);
    assertThat(over.get()).isEqualTo(asked.get()).isGreaterThan(callers);
  }
}
