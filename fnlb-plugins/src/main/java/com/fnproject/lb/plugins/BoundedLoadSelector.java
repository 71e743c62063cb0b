package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The nodes of one snapshot as {@link BoundedLoadPolicy} sees them. Thread-safe, lock-free. */
final class BoundedLoadSelector implements NodeSelector {

  /**
   * How much of the order is remembered for each function: 64 bytes. With loads at their bound on a
   * share p of the nodes a pick looks past it once in (1/p)^16 calls: at the default balance p is
   * at most 0.8, so 1 in 35.
   */
  static final int REMEMBERED = 16;

  private final long version;
  private final double balance;
  private final AtomicLong total;
  private final RoutingNode[] nodes;
  private final NodeLoad[] loads;
  private final long[] hashes;

  /** Nodes that were selectable before and had calls under way when they no longer were. */
  private final NodeLoad[] departed;

  BoundedLoadSelector(
      long version,
      double balance,
      AtomicLong total,
      RoutingNode[] nodes,
      NodeLoad[] loads,
      NodeLoad[] departed) {
    this.version = version;
    this.balance = balance;
    this.total = total;
    this.nodes = nodes;
    this.loads = loads;
    this.departed = departed;
    hashes = new long[loads.length];
    for (int i = 0; i < loads.length; i++) {
      hashes[i] = loads[i].hash;
    }
  }

  @Override
  public @Nullable RoutingNode select(RoutingCall call) {
    if (nodes.length == 0) {
      return null;
    }
    long bound = bound();
    RoutedFunction function = call.function();
    FunctionOrder order = function.state(FunctionOrder::new);
    int[] places = order.places(version, hashes, REMEMBERED);
    if (places != null) {
      for (int place : places) {
        if (!call.tried(nodes[place]) && loads[place].tryBook(bound)) {
          return booked(call, place);
        }
      }
    }
    int place = scan(call, function.hash(), bound);
    if (place < 0) {
      return null;
    }
    loads[place].book();
    return booked(call, place);
  }

  /** How many calls a node may carry, the call that is being placed included; 1 or more. */
  private long bound() {
    long calls = total.get();
    // Calls that hang on a node after its ejection would loosen the bound of all others for as long
    // as they hang.
    for (NodeLoad load : departed) {
      calls -= load.calls();
    }
    return (long) Math.ceil(balance * (Math.max(0, calls) + 1) / nodes.length);
  }

  /**
   * The first node in the whole order that has room; if none has, as may be when nodes were tried
   * or threads race, the one with the least load.
   *
   * @return its place, -1 if all were tried
   */
  private int scan(RoutingCall call, long functionHash, long bound) {
    int withRoom = -1;
    long withRoomWeight = 0;
    int leastLoaded = -1;
    long leastLoad = 0;
    long leastLoadedWeight = 0;
    for (int i = 0; i < nodes.length; i++) {
      if (call.tried(nodes[i])) {
        continue;
      }
      long load = loads[i].calls();
      long weight = Rendezvous.weight(functionHash, hashes[i]);
      if (load < bound && (withRoom < 0 || weight > withRoomWeight)) {
        withRoom = i;
        withRoomWeight = weight;
      }
      if (leastLoaded < 0
          || load < leastLoad
          || (load == leastLoad && weight > leastLoadedWeight)) {
        leastLoaded = i;
        leastLoad = load;
        leastLoadedWeight = weight;
      }
    }
    return withRoom >= 0 ? withRoom : leastLoaded;
  }

  private RoutingNode booked(RoutingCall call, int place) {
    total.incrementAndGet();
    BoundedLoadPolicy.markBooked(call);
    return nodes[place];
  }
}
