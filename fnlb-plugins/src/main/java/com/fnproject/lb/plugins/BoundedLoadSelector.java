package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The nodes of one snapshot as {@link BoundedLoadPolicy} sees them. Thread-safe, lock-free. */
final class BoundedLoadSelector implements NodeSelector {

  private final long version;
  private final double balance;
  private final AtomicLong total;
  private final RoutingNode[] nodes;
  private final NodeLoad[] loads;
  private final Rendezvous rendezvous;

  /** Each node's share of all weights; null if all weigh the same. */
  private final double @Nullable [] shares;

  /** Nodes that were selectable before and had calls under way when they no longer were. */
  private final NodeLoad[] departed;

  BoundedLoadSelector(
      long version,
      double balance,
      AtomicLong total,
      RoutingNode[] nodes,
      NodeLoad[] loads,
      double @Nullable [] weights,
      NodeLoad[] departed) {
    this.version = version;
    this.balance = balance;
    this.total = total;
    this.nodes = nodes;
    this.loads = loads;
    this.departed = departed;
    long[] hashes = new long[loads.length];
    for (int i = 0; i < loads.length; i++) {
      hashes[i] = loads[i].hash;
    }
    rendezvous = new Rendezvous(hashes, weights);
    shares = weights == null ? null : Weights.shares(weights);
  }

  @Override
  public @Nullable RoutingNode select(RoutingCall call) {
    return select(call, call.function().state(FunctionOrder::new));
  }

  /** As {@link #select(RoutingCall)}, for a policy that keeps the order in a state of its own. */
  @Nullable RoutingNode select(RoutingCall call, FunctionOrder order) {
    if (nodes.length == 0) {
      return null;
    }
    double room = room();
    int[] places = order.places(version, rendezvous);
    int seen = 0;
    while (places != null) {
      for (int rank = seen; rank < places.length; rank++) {
        int place = places[rank];
        if (!call.tried(nodes[place]) && loads[place].tryBook(bound(room, place))) {
          return booked(call, place);
        }
      }
      seen = places.length;
      places = order.more(version, rendezvous, seen);
    }
    int place = scan(call, room);
    return place < 0 ? null : book(call, place);
  }

  /** Books a call on a node whatever that carries. */
  RoutingNode book(RoutingCall call, int place) {
    loads[place].book();
    return booked(call, place);
  }

  private RoutingNode booked(RoutingCall call, int place) {
    total.incrementAndGet();
    BoundedLoadPolicy.markBooked(call);
    return nodes[place];
  }

  /** What all nodes together may carry, the call that is being placed included. */
  private double room() {
    long calls = total.get();
    // Calls that hang on a node after its ejection would loosen the bound of all others for as long
    // as they hang.
    for (NodeLoad load : departed) {
      calls -= load.calls();
    }
    return balance * (Math.max(0, calls) + 1);
  }

  /** How many calls a node may carry; 1 or more. */
  private long bound(double room, int place) {
    return (long) Math.ceil(shares == null ? room / nodes.length : room * shares[place]);
  }

  /**
   * The first node in the whole order that has room; if none has, as may be when nodes were tried
   * or threads race, the one that carries the least for its weight.
   *
   * @return its place, -1 if all were tried
   */
  private int scan(RoutingCall call, double room) {
    long functionHash = call.function().hash();
    int withRoom = -1;
    long withRoomScore = 0;
    int leastLoaded = -1;
    double leastLoad = 0;
    long leastLoadedScore = 0;
    for (int i = 0; i < nodes.length; i++) {
      if (call.tried(nodes[i])) {
        continue;
      }
      long calls = loads[i].calls();
      double load = shares == null ? calls : calls / shares[i];
      long score = rendezvous.score(functionHash, i);
      if (calls < bound(room, i) && (withRoom < 0 || score > withRoomScore)) {
        withRoom = i;
        withRoomScore = score;
      }
      if (leastLoaded < 0 || load < leastLoad || (load == leastLoad && score > leastLoadedScore)) {
        leastLoaded = i;
        leastLoad = load;
        leastLoadedScore = score;
      }
    }
    return withRoom >= 0 ? withRoom : leastLoaded;
  }

  /** Names the nodes by their rank in the function's order, down to the one that would be taken. */
  @Override
  public void explain(RoutingCall call, Explanation out) {
    double room = room();
    int[] places = rendezvous.best(call.function().hash(), FunctionOrder.MOST);
    for (int rank = 0; rank < places.length; rank++) {
      int place = places[rank];
      if (call.tried(nodes[place])) {
        out.candidate(nodes[place], rank, "tried before");
        continue;
      }
      long calls = loads[place].calls();
      long bound = bound(room, place);
      out.candidate(nodes[place], rank, "carries " + calls + " of " + bound);
      if (calls < bound) {
        out.decision(nodes[place], "first in the function's order with room");
        return;
      }
    }
    int place = nodes.length == 0 ? -1 : scan(call, room);
    if (place < 0) {
      out.decision(null, nodes.length == 0 ? "no nodes" : "every node was tried");
      return;
    }
    boolean hasRoom = loads[place].calls() < bound(room, place);
    out.decision(
        nodes[place],
        hasRoom
            ? "first with room beyond the " + FunctionOrder.MOST + " best of the order"
            : "no node has room; this one carries the least");
  }

  int size() {
    return nodes.length;
  }

  RoutingNode node(int place) {
    return nodes[place];
  }

  NodeLoad load(int place) {
    return loads[place];
  }
}
