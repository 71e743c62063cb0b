package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.RoutingResult;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a driver and its policy, and refuses what a policy may not do. Belongs to one
 * thread.
 */
final class Referee {

  final RoutingPolicy policy;
  private final String name;
  private final PolicyDriver driver;
  private Snapshot snapshot = new Snapshot(0, 0, List.of());
  private NodeSelector selector = call -> null;

  /** The call that the policy may hold now. */
  private @Nullable DrivenCall selecting;

  /** The call that may wake others now. */
  private @Nullable DrivenCall reporting;

  Referee(PolicyDriver driver, RoutingPolicyProvider provider, PolicyContext context) {
    this.driver = driver;
    name = provider.name();
    policy = guarded("create", () -> provider.create(context));
  }

  Snapshot snapshot() {
    return snapshot;
  }

  void newSelector(Snapshot next) {
    selector = guarded("newSelector", () -> policy.newSelector(next));
    snapshot = next;
  }

  @Nullable DrivenNode select(DrivenCall call) {
    selecting = call;
    RoutingNode chosen;
    try {
      chosen = selector.select(call);
    } catch (RuntimeException | Error e) {
      throw fault("failed in select", e);
    } finally {
      selecting = null;
    }
    if (chosen == null) {
      return null;
    }
    DrivenNode node = requireOwn("selected", chosen);
    if (call.tried(node)) {
      throw fault("selected " + node + " again, which was tried", null);
    }
    return node;
  }

  Explained explain(DrivenCall call) {
    Explained out = new Explained();
    run("explain", () -> selector.explain(call, out));
    for (Explained.Candidate candidate : out.candidates()) {
      requireOwn("explained", candidate.node());
    }
    if (out.node() != null) {
      requireOwn("explained", out.node());
    }
    return out;
  }

  private DrivenNode requireOwn(String what, RoutingNode chosen) {
    if (chosen instanceof DrivenNode node
        && node.isOf(driver)
        && node.version == snapshot.version()) {
      return node;
    }
    throw fault(what + " " + chosen.id() + ", which is not in the snapshot", null);
  }

  void result(DrivenCall call, DrivenNode node, RoutingResult result) {
    reporting = call;
    run("onResult", () -> policy.onResult(call, node, result));
    reporting = null;
  }

  void holdEnded(DrivenCall call, HoldEnd why) {
    reporting = call;
    run("onHoldEnded", () -> policy.onHoldEnded(call, why));
    reporting = null;
  }

  void merged(RoutedFunction from, RoutedFunction into) {
    run("onMerged", () -> policy.onMerged(from, into));
  }

  void close() {
    run("close", policy::close);
  }

  void requireSelecting(DrivenCall call) {
    if (selecting != call) {
      throw fault("asked to hold a call outside of its select", null);
    }
  }

  void requireReporting(DrivenCall call) {
    if (reporting != call) {
      throw fault("woke a call outside of onResult and onHoldEnded", null);
    }
  }

  private <T> T guarded(String what, Supplier<T> part) {
    T made;
    try {
      made = part.get();
    } catch (RuntimeException | Error e) {
      throw fault("failed in " + what, e);
    }
    if (made == null) {
      throw fault("returned null from " + what, null);
    }
    return made;
  }

  private void run(String what, Runnable part) {
    try {
      part.run();
    } catch (RuntimeException | Error e) {
      throw fault("failed in " + what, e);
    }
  }

  AssertionError fault(String what, @Nullable Throwable cause) {
    return new AssertionError("policy '" + name + "' " + what, cause);
  }
}
