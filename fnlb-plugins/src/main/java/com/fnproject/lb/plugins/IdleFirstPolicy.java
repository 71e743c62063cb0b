package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;

/**
 * A call goes to the function's container that came back idle last, as far as this balancer's own
 * answers tell: each proves that the node has an idle container of the function now, which stays
 * until Fn's idle time-out or an eviction. A call that finds none goes where {@link
 * BoundedLoadPolicy} sends it, and its answer adds a container.
 *
 * <p>Last in, first out, because Fn itself gives a call the container that was used last: those
 * that are idle longest time out, and a function shrinks to what it needs. Containers are believed
 * in whatever load their nodes carry: how many there are is what bounded load has let come about.
 */
final class IdleFirstPolicy implements RoutingPolicy {

  private final BoundedLoadPolicy bounded;
  private final long windowNanos;

  IdleFirstPolicy(double balance, long windowNanos) {
    bounded = new BoundedLoadPolicy(balance);
    this.windowNanos = windowNanos;
  }

  @Override
  public NodeSelector newSelector(NodeSnapshot snapshot) {
    return new IdleFirstSelector(bounded.newSelector(snapshot), windowNanos);
  }

  @Override
  public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
    long memo = call.memo();
    if (memo == 0) {
      return;
    }
    bounded.onResult(call, node, result);
    IdleContainers idle = call.function().state(IdleContainers::new);
    NodeLoad load = node.state(NodeLoad::new);
    if (result.outcome() == Outcome.RAN) {
      idle.add(load, result.nowNanos(), windowNanos, memo - 1);
    } else if (result.outcome() == Outcome.BUSY || result.outcome() == Outcome.UNREACHABLE) {
      // With an idle container the node would not have been busy.
      idle.forget(load);
    }
  }

  @Override
  public void onMerged(RoutedFunction from, RoutedFunction into) {
    IdleContainers given = from.state(IdleContainers::new);
    IdleContainers taking = into.state(IdleContainers::new);
    given.forEach((node, since) -> taking.add(node, since, windowNanos, taking.generation()));
  }

  /** Notes which generation of the function the call runs; above 0, which stands for no booking. */
  static void markBooked(RoutingCall call) {
    call.memo(call.function().generation() + 1);
  }

  BoundedLoadPolicy bounded() {
    return bounded;
  }
}
