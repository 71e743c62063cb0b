package com.fnproject.lb.routing;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeSet;
import com.fnproject.lb.node.RoutingTable;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a node for each attempt of a call. Stands between the server and the policy, which is
 * foreign code: one that throws, or returns a node that it may not, costs a counter and a choice in
 * turn, never a call. Thread-safe.
 */
public final class Router implements AutoCloseable {

  private static final System.Logger LOGGER = System.getLogger(Router.class.getName());
  private static final long COMPLAINT_INTERVAL_NANOS = 60_000_000_000L;

  private static final NodeSelector NONE_BUILT =
      call -> {
        throw new IllegalStateException("the policy has built no selector");
      };

  private final RoutingPolicy policy;
  private final String policyName;
  private final LongSupplier clock;
  private final Counter faults;
  private final AtomicInteger turn = new AtomicInteger();
  private final AtomicLong nextComplaintNanos;

  /**
   * Creates the router.
   *
   * @param policy the policy, closed with the router
   * @param policyName its name, for complaints
   * @param clock nanoseconds, monotonic
   * @param meters where faults of the policy are counted
   */
  public Router(RoutingPolicy policy, String policyName, LongSupplier clock, MeterRegistry meters) {
    this.policy = policy;
    this.policyName = policyName;
    this.clock = clock;
    this.nextComplaintNanos = new AtomicLong(clock.getAsLong());
    this.faults =
        meters.getOrCreate(
            Counter.builder("fnlb.policy.faults")
                .description("Times the routing policy failed and a node was chosen in turn"));
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
   * Asks the policy for a node.
   *
   * @param table the cluster as it is now
   * @param call the call
   * @return null if there is no eligible node that has not been tried
   */
  public @Nullable Node select(RoutingTable table, BookedCall call) {
    call.booked(false);
    RoutingNode chosen;
    try {
      chosen = table.selector().select(call);
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to select a node", e);
      return inTurn(table.nodes(), call);
    }
    if (chosen == null) {
      return null;
    }
    if (chosen instanceof Node node && !call.tried(node)) {
      call.booked(true);
      return node;
    }
    complain("selected a node that it may not", null);
    return inTurn(table.nodes(), call);
  }

  /**
   * Chooses a node for a call that any node can serve, without asking the policy.
   *
   * @param nodes the cluster as it is now
   * @param call the call, which must not be booked
   * @return null if there is no eligible node that has not been tried
   */
  public @Nullable Node inTurn(NodeSet nodes, RoutingCall call) {
    int size = nodes.size();
    int start = size == 0 ? 0 : Math.floorMod(turn.getAndIncrement(), size);
    for (int i = 0; i < size; i++) {
      Node node = nodes.node((start + i) % size);
      if (!call.tried(node)) {
        return node;
      }
    }
    return null;
  }

  /**
   * Tells the policy how an attempt ended, if it chose the node.
   *
   * @param call the call
   * @param node the node of the attempt
   * @param result how it ended
   */
  public void onResult(BookedCall call, Node node, RoutingResult result) {
    if (!call.booked()) {
      return;
    }
    call.booked(false);
    try {
      policy.onResult(call, node, result);
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to take a result", e);
    }
  }

  // What foreign code throws is its own affair, assertions and linkage errors included, until the
  // virtual machine itself is in trouble. A stack overflow is the foreign code's.
  private static void passOnFatal(Throwable e) {
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
    try {
      policy.close();
    } catch (Throwable e) {
      passOnFatal(e);
      complain("failed to close", e);
    }
  }
}
