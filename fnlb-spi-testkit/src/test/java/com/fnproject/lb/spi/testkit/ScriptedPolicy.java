package com.fnproject.lb.spi.testkit;

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
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Does what the test says, the first untried node unless told otherwise, and writes down all. */
final class ScriptedPolicy implements RoutingPolicyProvider, RoutingPolicy {

  final List<String> results = new ArrayList<>();
  final List<String> holds = new ArrayList<>();
  final List<String> events = new ArrayList<>();
  BiFunction<RoutingCall, NodeSnapshot, RoutingNode> choice = ScriptedPolicy::firstUntried;
  Consumer<RoutingCall> onResult = call -> {};
  Consumer<Explanation> explanation = out -> {};
  PolicyContext context;
  NodeSnapshot snapshot;

  static RoutingNode firstUntried(RoutingCall call, NodeSnapshot nodes) {
    for (int i = 0; i < nodes.size(); i++) {
      if (!call.tried(nodes.node(i))) {
        return nodes.node(i);
      }
    }
    return null;
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public int spiVersion() {
    return SPI_VERSION;
  }

  @Override
  public RoutingPolicy create(PolicyContext given) {
    context = given;
    return this;
  }

  @Override
  public NodeSelector newSelector(NodeSnapshot nodes) {
    snapshot = nodes;
    return new NodeSelector() {
      @Override
      public RoutingNode select(RoutingCall call) {
        return choice.apply(call, nodes);
      }

      @Override
      public void explain(RoutingCall call, Explanation out) {
        explanation.accept(out);
      }
    };
  }

  @Override
  public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
    results.add(
        "%s %s %d %d %d"
            .formatted(
                node.id(),
                result.outcome(),
                result.status(),
                result.latencyNanos(),
                result.waitNanos()));
    onResult.accept(call);
  }

  @Override
  public void onHoldEnded(RoutingCall call, HoldEnd why) {
    holds.add(call.method() + " " + why);
  }

  @Override
  public void onMerged(RoutedFunction from, RoutedFunction into) {
    events.add(from.key() + " into " + into.key());
  }

  @Override
  public void close() {
    events.add("closed");
  }
}
