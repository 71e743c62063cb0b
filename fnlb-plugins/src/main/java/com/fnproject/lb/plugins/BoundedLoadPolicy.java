package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, <i>Consistent Hashing
 * with Bounded Loads</i>, 2016) over {@linkplain Rendezvous rendezvous order}: a call goes to the
 * first node in its function's order that carries fewer than {@code ceil(balance * (total + 1) /
 * nodes)} calls, {@code total} being the calls on all nodes of the snapshot. Where nodes differ in
 * weight, a node's share of all weights stands in place of {@code 1 / nodes}.
 *
 * <p>Loads are this policy's own bookings, made in {@code select} and released in {@link
 * #onResult}: unlike the server's in-flight counts they end with the answer's head, when Fn frees
 * the container.
 *
 * <p>There is no lock. A node in the remembered part of the order is booked by comparing and
 * setting, so racing threads cannot overfill it against the bound that each has read; beyond that
 * part, and when no node has room, a booking is unchecked. The bound itself is as old as the
 * selection. So a node may carry more than the true bound by at most the number of selections and
 * results under way at that moment, and never for longer than those calls last.
 */
final class BoundedLoadPolicy implements RoutingPolicy {

  private final double balance;

  /** Calls booked on all nodes, those outside of the newest snapshot included. */
  private final AtomicLong total = new AtomicLong();

  /**
   * The loads of the newest selector and those it knew as departed; touched by {@link #newSelector}
   * only.
   */
  private Set<NodeLoad> known = Set.of();

  BoundedLoadPolicy(double balance) {
    this.balance = balance;
  }

  @Override
  public BoundedLoadSelector newSelector(NodeSnapshot snapshot) {
    int size = snapshot.size();
    RoutingNode[] nodes = new RoutingNode[size];
    NodeLoad[] loads = new NodeLoad[size];
    for (int i = 0; i < size; i++) {
      nodes[i] = snapshot.node(i);
      loads[i] = nodes[i].state(NodeLoad::new);
    }
    Set<NodeLoad> present = new HashSet<>(List.of(loads));
    List<NodeLoad> departed = new ArrayList<>();
    for (NodeLoad load : known) {
      if (load.calls() > 0 && !present.contains(load)) {
        departed.add(load);
      }
    }
    present.addAll(departed);
    known = present;
    return new BoundedLoadSelector(
        snapshot.version(),
        balance,
        total,
        nodes,
        loads,
        Weights.of(snapshot),
        departed.toArray(NodeLoad[]::new));
  }

  @Override
  public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
    if (call.memo() == 0) {
      return;
    }
    call.memo(0);
    node.<NodeLoad>state(NodeLoad::new).release();
    total.decrementAndGet();
  }

  /** Notes on the call that {@link #onResult} has something to release: any memo but 0. */
  static void markBooked(RoutingCall call) {
    call.memo(1);
  }

  /** Calls booked and not yet released, on all nodes. */
  long total() {
    return total.get();
  }
}
