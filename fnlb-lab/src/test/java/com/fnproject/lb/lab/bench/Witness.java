package com.fnproject.lb.lab.bench;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.RoutingResult;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Stands between balancers and their policies: sees what these do, or hides nodes from them. */
final class Witness implements RoutingPolicyProvider {

  private enum Task {
    HIDE,
    WATCH,
    FORETELL
  }

  /** A call that was held. */
  record Held(long nanos, HoldEnd end) {}

  private final RoutingPolicyProvider of;
  private final Task task;
  private final IdentityHashMap<RoutingCall, Integer> known = new IdentityHashMap<>();
  private final BitSet hot = new BitSet();
  private final IdentityHashMap<RoutingCall, Long> heldSince = new IdentityHashMap<>();
  private final List<Held> held = new ArrayList<>();
  private int balancers;

  private Witness(RoutingPolicyProvider of, Task task) {
    this.of = of;
    this.task = task;
  }

  /** Each balancer misses another node. */
  static Witness hiding(RoutingPolicyProvider of) {
    return new Witness(of, Task.HIDE);
  }

  /** Notes which calls are held. */
  static Witness watching(RoutingPolicyProvider of) {
    return new Witness(of, Task.WATCH);
  }

  /** Notes which calls should find a container; for one balancer. */
  static Witness foretelling(RoutingPolicyProvider of) {
    return new Witness(of, Task.FORETELL);
  }

  /** Whether the policy said so of the call, by its place in the workload. */
  boolean predictedHot(int call) {
    return hot.get(call);
  }

  List<Held> held() {
    return held;
  }

  @Override
  public String name() {
    return of.name();
  }

  @Override
  public int spiVersion() {
    return of.spiVersion();
  }

  @Override
  public RoutingPolicy create(PolicyContext context) {
    RoutingPolicy policy = of.create(context);
    int balancer = balancers++;
    return new RoutingPolicy() {
      @Override
      public NodeSelector newSelector(NodeSnapshot snapshot) {
        boolean hide = task == Task.HIDE && snapshot.size() > 0;
        NodeSelector selector = policy.newSelector(hide ? without(balancer, snapshot) : snapshot);
        return task == Task.HIDE ? selector : call -> watched(selector, call);
      }

      @Override
      public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
        policy.onResult(call, node, result);
      }

      @Override
      public void onHoldEnded(RoutingCall call, HoldEnd why) {
        held.add(new Held(call.nowNanos() - heldSince.getOrDefault(call, 0L), why));
        policy.onHoldEnded(call, why);
      }

      @Override
      public void onMerged(RoutedFunction from, RoutedFunction into) {
        policy.onMerged(from, into);
      }

      @Override
      public void close() {
        policy.close();
      }
    };
  }

  private @Nullable RoutingNode watched(NodeSelector selector, RoutingCall call) {
    boolean foretold = task == Task.FORETELL && saysHot(selector, call);
    RoutingNode node = selector.select(call);
    if (node == null) {
      heldSince.putIfAbsent(call, call.nowNanos());
    }
    int place = known.computeIfAbsent(call, first -> known.size());
    if (foretold && node != null) {
      hot.set(place);
    }
    return node;
  }

  private static boolean saysHot(NodeSelector selector, RoutingCall call) {
    Map<RoutingNode, String> words = new HashMap<>();
    Set<RoutingNode> chosen = new HashSet<>();
    selector.explain(
        call,
        new Explanation() {
          @Override
          public void candidate(RoutingNode node, double cost, String why) {
            words.put(node, why);
          }

          @Override
          public void decision(@Nullable RoutingNode node, String why) {
            if (node != null) {
              chosen.add(node);
            }
          }
        });
    return chosen.stream().anyMatch(node -> words.getOrDefault(node, "").startsWith("hot"));
  }

  private static NodeSnapshot without(int hidden, NodeSnapshot snapshot) {
    return new NodeSnapshot() {
      @Override
      public long version() {
        return snapshot.version();
      }

      @Override
      public long nowNanos() {
        return snapshot.nowNanos();
      }

      @Override
      public int size() {
        return snapshot.size() - 1;
      }

      @Override
      public RoutingNode node(int i) {
        return snapshot.node(i < hidden ? i : i + 1);
      }
    };
  }
}
