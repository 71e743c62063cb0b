package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.plugins.Rendezvous;
import com.fnproject.lb.plugins.Weights;
import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Picks from the nodes of one snapshot. Thread-safe. */
final class HotSetSelector implements NodeSelector {

  /** A call is held so many times longer when everything is slow. */
  private static final double OVERLOAD_HOLD = 7;

  /** Only where one more container would be in others' way. */
  private static final double HOLD_SLOWDOWN = 1.3;

  /** Places for pricings at rest: enough for as many processors, each on its cache line. */
  private static final int PLACES = 64;

  private static final int APART = 16;

  final HotSetPolicy policy;
  final long version;
  final HotNode[] nodes;
  private final Rendezvous order;

  /** A thread takes the one in its place and puts it back, so that hardly any call makes one. */
  private final AtomicReferenceArray<@Nullable Pricing> resting =
      new AtomicReferenceArray<>(PLACES * APART);

  HotSetSelector(HotSetPolicy policy, NodeSnapshot snapshot, HotNode[] nodes) {
    this.policy = policy;
    this.version = snapshot.version();
    this.nodes = nodes;
    long[] hashes = new long[nodes.length];
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = nodes[i].hash;
    }
    this.order = new Rendezvous(hashes, Weights.of(snapshot));
  }

  @Override
  public @Nullable RoutingNode select(RoutingCall call) {
    if (nodes.length == 0) {
      return null;
    }
    FunctionState function = call.function().state(FunctionState::new);
    int place = ((int) Thread.currentThread().threadId() & (PLACES - 1)) * APART;
    Pricing pricing = resting.getAndSet(place, null);
    if (pricing == null) {
      pricing = new Pricing(this);
    }
    RoutingNode selected;
    synchronized (function) {
      selected = select(function, call, pricing);
    }
    if (pricing.bestNode() != null) {
      policy.offered(pricing.leastSlowdown(), call.nowNanos());
    }
    resting.setRelease(place, pricing);
    return selected;
  }

  private @Nullable RoutingNode select(FunctionState function, RoutingCall call, Pricing pricing) {
    function.refresh(call.function());
    function.prepare(this, call.function());
    HotNode freed = freed(call, call.nowNanos());
    if (freed != null) {
      pricing.takeHot(function, call, freed);
    } else {
      pricing.price(function, call, null);
    }
    HotNode node = pricing.bestNode();
    if (node == null) {
      return null;
    }
    if (freed == null && call.mayHold() && worthHolding(function, call, pricing)) {
      return call.hold(holdNanos());
    }
    pricing.book(function, node, call);
    return node.node;
  }

  @Override
  public void explain(RoutingCall call, Explanation out) {
    if (nodes.length == 0) {
      out.decision(null, "there is no node");
      return;
    }
    FunctionState known = call.function().state(FunctionState::new);
    Pricing pricing = new Pricing(this);
    synchronized (known) {
      FunctionState function = known.clone();
      function.refresh(call.function());
      function.prepare(this, call.function());
      pricing.price(function, call, out);
      HotNode node = pricing.bestNode();
      if (node == null) {
        out.decision(null, "every node was tried");
      } else if (call.mayHold() && worthHolding(function, call, pricing)) {
        out.decision(
            null,
            "held for "
                + holdNanos() / 1_000_000
                + " ms at most: "
                + function.calls
                + " calls are under way, one of which should be over sooner than a start");
      } else {
        out.decision(node.node, "costs least");
      }
    }
  }

  /**
   * Whether a call of the function should rather wait for a container that is in use or about to
   * be, than be sent to the best node: because one more start would be in others' way there, or the
   * node has refused a call within the last second and would refuse this one as well, or because
   * starts are under way of which none has a held call waiting for it yet.
   */
  private boolean worthHolding(FunctionState function, RoutingCall call, Pricing pricing) {
    HotNode best = pricing.bestNode();
    if (policy.parameters.hold() == 0
        || best == null
        || function.calls == 0
        || pricing.bestStanding() == Standing.HOT) {
      return false;
    }
    int held = call.function().held();
    boolean slow = function.times.known() && pricing.bestSlowdown() > HOLD_SLOWDOWN;
    boolean full = best.blocked(call.nowNanos());
    if (!slow && !full && held >= function.starts) {
      return false;
    }
    double patience = function.times.cold() * function.calls * (1 + 4 * policy.overload());
    return function.times.base() * (held + 1) < patience;
  }

  private long holdNanos() {
    return (long) (policy.parameters.hold() * (1 + OVERLOAD_HOLD * policy.overload()) * 1e9);
  }

  private @Nullable HotNode freed(RoutingCall call, long now) {
    RoutingNode hint = call.wokenFor();
    if (hint == null) {
      return null;
    }
    HotNode node = hint.state(HotNode::new);
    return usable(node, call, now) && !node.blocked(now) ? node : null;
  }

  boolean usable(HotNode node, RoutingCall call, long now) {
    return node.isIn(version) && !node.dead(now) && !call.tried(node.node);
  }

  /** The first nodes in a function's order. */
  HotNode[] firstFor(long functionHash, int limit) {
    int[] places = order.best(functionHash, limit);
    HotNode[] first = new HotNode[places.length];
    for (int i = 0; i < first.length; i++) {
      first[i] = nodes[places[i]];
    }
    return first;
  }
}
