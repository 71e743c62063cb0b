package com.fnproject.lb.routing;

import com.fnproject.lb.fn.HeldCall;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.NodeSet;
import com.fnproject.lb.node.RoutingTable;
import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a node for each attempt of a call, and takes a place there. Stands between the server and
 * the policy, which is foreign code: one that throws, or returns a node that it may not, costs a
 * counter and a choice in turn, never a call; one that is slow is left for a while. Where the
 * policy asks for it, calls are held here. Thread-safe.
 */
public final class Router implements AutoCloseable {

  private static final System.Logger LOGGER = System.getLogger(Router.class.getName());
  private static final long COMPLAINT_INTERVAL_NANOS = 60_000_000_000L;

  /** How long nodes are chosen in turn when the policy is slow, before it is asked again. */
  static final long LEAVE_NANOS = 60_000_000_000L;

  /**
   * So many full nodes may the policy offer for one attempt, before the router looks for one that
   * has room: else a large cluster that is full would be gone through node by node.
   */
  static final int MOST_FULL_CHOICES = 8;

  private static final NodeSelector NONE_BUILT =
      call -> {
        throw new IllegalStateException("the policy has built no selector");
      };

  private final RoutingPolicy policy;
  private final String policyName;
  private final LongSupplier clock;
  private final Holds holds;
  private final Counter faults;
  private final Counter slow;
  private final Counter nodeInFlightLimit;
  private final SlowSteps slowSteps = new SlowSteps();
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicLong nextComplaintNanos;
  private volatile boolean left;
  private volatile long leftUntilNanos;

  /**
   * Creates the router.
   *
   * @param policy the policy, closed with the router
   * @param policyName its name, for complaints
   * @param holdConfig how many calls may be held, and how long
   * @param clock nanoseconds, monotonic
   * @param meters where holds and faults of the policy are counted
   */
  public Router(
      RoutingPolicy policy,
      String policyName,
      HoldConfig holdConfig,
      LongSupplier clock,
      MeterRegistry meters) {
    this.policy = policy;
    this.policyName = policyName;
    this.clock = clock;
    this.nextComplaintNanos = new AtomicLong(clock.getAsLong());
    this.holds = new Holds(holdConfig, clock, meters);
    this.faults =
        meters.getOrCreate(
            Counter.builder("fnlb.policy.faults")
                .description("Times the routing policy failed and the router stood in for it"));
    this.slow =
        meters.getOrCreate(
            Counter.builder("fnlb.policy.slow")
                .description("Times the routing policy was left for a while for being slow"));
    meters.getOrCreate(
        Gauge.builder("fnlb.policy.left", () -> isLeft(clock.getAsLong()) ? 1 : 0)
            .description("1 while nodes are chosen in turn because the routing policy is slow"));
    this.nodeInFlightLimit = limit(meters, "node-in-flight");
  }

  static Counter limit(MeterRegistry meters, String setting) {
    return meters.getOrCreate(
        Counter.builder("fnlb.limits")
            .description("Times a limit was reached, by the setting that sets it")
            .tags(List.of(Tag.create("limit", setting))));
  }

  Holds holds() {
    return holds;
  }

  /**
   * Has the policy build its selector.
   *
   * @param snapshot the eligible nodes
   * @return the policy's selector, or one that fails if the policy cannot build one
   */
  public NodeSelector newSelector(NodeSnapshot snapshot) {
    NodeSelector selector = null;
    try {
      selector = policy.newSelector(snapshot);
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to build a selector", e);
    }
    return selector != null ? selector : NONE_BUILT;
  }

  /**
   * Asks the policy for the node of the next attempt and takes a place there, which the caller
   * gives back with {@link Node#end()}. Blocks while the call is held, if the policy asks for that.
   *
   * @param registry the cluster, whose newest table is used
   * @param call the call; {@link BookedCall#holdEnd()} tells whether it is over
   * @return null if there is no eligible node with room that has not been tried, or the call is
   *     over
   */
  public @Nullable Node select(NodeRegistry registry, BookedCall call) {
    while (true) {
      Node node = place(registry.table(), call, true);
      call.wokenFor(null);
      if (node != null || !call.asksToBeHeld()) {
        return node;
      }
      HoldEnd end = awaitEnd(call);
      holdEnded(call, end);
      if (end == HoldEnd.CLIENT_GONE || end == HoldEnd.CLOSING) {
        return null;
      }
    }
  }

  /**
   * As {@link #select} for a call that any node can serve: the policy is not asked, nothing is
   * held.
   *
   * @param registry the cluster, whose newest table is used
   * @param call the call
   * @return null if there is no eligible node with room that has not been tried
   */
  public @Nullable Node inTurn(NodeRegistry registry, BookedCall call) {
    return place(registry.table(), call, false);
  }

  /** Chooses a node and takes a place there; null if there is none, or the call is to be held. */
  private @Nullable Node place(RoutingTable table, BookedCall call, boolean byPolicy) {
    call.full(false);
    for (int choices = 0; ; choices++) {
      call.begin(clock.getAsLong());
      Node node =
          byPolicy && choices < MOST_FULL_CHOICES && !isLeft(call.nowNanos())
              ? ask(table, call)
              : inTurn(table.nodes(), call);
      if (node == null) {
        return null;
      }
      call.addTried(node);
      if (node.tryBegin()) {
        return node;
      }
      nodeInFlightLimit.increment();
      call.full(true);
      onResult(call, node, new NotSent(clock.getAsLong(), call.selectedNanos()));
    }
  }

  private @Nullable Node ask(RoutingTable table, BookedCall call) {
    RoutingNode chosen;
    call.selecting = true;
    try {
      chosen = table.selector().select(call);
    } catch (Throwable e) {
      call.selecting = false;
      holds.withdraw(call);
      passOnFatal(e);
      took(call.selectedNanos());
      complain("failed to select a node", e);
      return inTurn(table.nodes(), call);
    }
    call.selecting = false;
    took(call.selectedNanos());
    if (chosen == null) {
      return call.asksToBeHeld() ? null : noneOffered(table.nodes(), call);
    }
    holds.withdraw(call);
    if (chosen instanceof Node node && table.nodes().isEligible(node) && !call.tried(node)) {
      call.booked = true;
      return node;
    }
    complain("selected a node that it may not", null);
    return inTurn(table.nodes(), call);
  }

  private @Nullable Node noneOffered(NodeSet nodes, BookedCall call) {
    Node node = inTurn(nodes, call);
    if (node != null) {
      complain("offered no node although there is one", null);
    }
    return node;
  }

  private @Nullable Node inTurn(NodeSet nodes, BookedCall call) {
    int size = nodes.size();
    int start = size == 0 ? 0 : Math.floorMod(turn.getAndIncrement(), size);
    for (int i = 0; i < size; i++) {
      Node node = nodes.node((start + i) % size);
      if (!call.tried(node)) {
        if (node.hasRoom()) {
          return node;
        }
        call.full(true);
      }
    }
    return null;
  }

  private HoldEnd awaitEnd(BookedCall call) {
    HeldCall held = call.hold();
    if (held == null) {
      call.holdOver(HoldEnd.EXPIRED);
      return HoldEnd.EXPIRED;
    }
    HoldEnd end = holds.await(call, held);
    call.holdOver(end);
    call.wokenFor(end == HoldEnd.WOKEN ? held.wokenFor() : null);
    call.nowNanos(clock.getAsLong());
    return end;
  }

  private void holdEnded(BookedCall call, HoldEnd end) {
    long began = call.nowNanos();
    try {
      policy.onHoldEnded(call, end);
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to take the end of a hold", e);
    }
    took(began);
  }

  /**
   * Ends every held call with {@link HoldEnd#CLOSING}; from now on none is held. To be called when
   * calls under way are not waited for any longer.
   *
   * @return how many were held
   */
  public int endHolds() {
    return holds.close();
  }

  /**
   * Tells the policy how an attempt ended, if it chose the node.
   *
   * @param call the call
   * @param node the node of the attempt
   * @param result how it ended
   */
  public void onResult(BookedCall call, Node node, RoutingResult result) {
    if (!call.booked) {
      return;
    }
    call.booked = false;
    long began = result.nowNanos();
    try {
      policy.onResult(call, node, result);
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to take a result", e);
    }
    took(began);
  }

  /**
   * Tells the policy that two functions have turned out to be one. By any thread.
   *
   * @param from the function that is given up
   * @param into the function that stays
   */
  public void merged(RoutedFunction from, RoutedFunction into) {
    try {
      policy.onMerged(from, into);
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to merge two functions", e);
    }
  }

  /**
   * Has the policy explain what it would do with a call.
   *
   * @param table the cluster as it is now
   * @param call a call that is not going to be made
   * @param out where the policy writes; half an explanation is left when it fails
   */
  public void explain(RoutingTable table, RoutingCall call, Explanation out) {
    try {
      table.selector().explain(call, out);
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to explain a choice", e);
    }
  }

  /** A step of the policy's is over, and perhaps its time. */
  private void took(long began) {
    long now = clock.getAsLong();
    if (!slowSteps.tooMany(began, now) || isLeft(now)) {
      return;
    }
    leftUntilNanos = now + LEAVE_NANOS;
    left = true;
    slow.increment();
    LOGGER.log(
        Level.WARNING,
        "routing policy {0} is too slow: it took over {1} ms again and again, {2} ms this time;"
            + " nodes are chosen in turn for {3} s",
        policyName,
        SlowSteps.SLOW_NANOS / 1_000_000,
        String.valueOf((now - began) / 1_000_000),
        LEAVE_NANOS / 1_000_000_000);
  }

  private boolean isLeft(long now) {
    return left && now - leftUntilNanos < 0;
  }

  // What foreign code throws is its own affair, assertions and linkage errors included, until the
  // virtual machine itself is in trouble. A stack overflow is the foreign code's.
  static void passOnFatal(Throwable e) {
    if (e instanceof VirtualMachineError fatal && !(e instanceof StackOverflowError)) {
      throw fatal;
    }
  }

  private void complain(String what, @Nullable Throwable cause) {
    faults.increment();
    long now = clock.getAsLong();
    long next = nextComplaintNanos.get();
    if (now - next >= 0 && nextComplaintNanos.compareAndSet(next, now + COMPLAINT_INTERVAL_NANOS)) {
      LOGGER.log(Level.WARNING, "routing policy " + policyName + " " + what, cause);
    }
  }

  @Override
  public void close() {
    int unused = holds.close();
    try {
      policy.close();
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to close", e);
    }
  }

  /** The result of an attempt on a node that turned out to be full. */
  private record NotSent(long nowNanos, long selectedNanos) implements RoutingResult {

    @Override
    public Outcome outcome() {
      return Outcome.NOT_SENT;
    }

    @Override
    public int status() {
      return 0;
    }

    @Override
    public long latencyNanos() {
      return nowNanos - selectedNanos;
    }

    @Override
    public long waitNanos() {
      return -1;
    }

    @Override
    public long retryAfterNanos() {
      return -1;
    }
  }
}
