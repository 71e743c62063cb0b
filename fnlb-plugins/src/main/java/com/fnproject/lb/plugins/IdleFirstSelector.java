package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The nodes of one snapshot as {@link IdleFirstPolicy} sees them. Thread-safe, lock-free. */
final class IdleFirstSelector implements NodeSelector {

  private final BoundedLoadSelector bounded;
  private final long windowNanos;

  /**
   * The places of the nodes, found by the hashes of their ids: a hash table, linearly probed, a
   * power of two in length and at most half full; -1 where it is empty.
   */
  private final int[] table;

  IdleFirstSelector(BoundedLoadSelector bounded, long windowNanos) {
    this.bounded = bounded;
    this.windowNanos = windowNanos;
    table = new int[2 * Integer.highestOneBit(Math.max(1, 2 * bounded.size() - 1))];
    Arrays.fill(table, -1);
    for (int place = 0; place < bounded.size(); place++) {
      int i = first(bounded.load(place));
      while (table[i] >= 0) {
        i = (i + 1) & (table.length - 1);
      }
      table[i] = place;
    }
  }

  private int first(NodeLoad node) {
    return (int) node.hash & (table.length - 1);
  }

  @Override
  public @Nullable RoutingNode select(RoutingCall call) {
    IdleContainers idle = call.function().state(IdleContainers::new);
    int place = idle.take(call, this, windowNanos);
    RoutingNode node = place < 0 ? bounded.select(call, idle.order) : bounded.book(call, place);
    if (node != null) {
      IdleFirstPolicy.markBooked(call);
    }
    return node;
  }

  /**
   * The place of a node that may have the call.
   *
   * @return -1 if the node is not of this snapshot, was tried or has no room
   */
  int place(NodeLoad known, RoutingCall call) {
    for (int i = first(known); table[i] >= 0; i = (i + 1) & (table.length - 1)) {
      int place = table[i];
      if (bounded.load(place) == known) {
        RoutingNode node = bounded.node(place);
        return call.tried(node) || !node.hasRoom() ? -1 : place;
      }
    }
    return -1;
  }

  /**
   * Names the nodes with idle containers by the seconds since the last of them answered; if there
   * are none, what bounded load compares.
   */
  @Override
  public void explain(RoutingCall call, Explanation out) {
    IdleContainers idle = call.function().state(IdleContainers::new);
    int[] containers = new int[bounded.size()];
    long[] leastAge = new long[bounded.size()];
    int[] newest = {-1};
    if (idle.generation() == call.function().generation()) {
      idle.forEach(
          (known, since) -> {
            int place = place(known, call);
            long age = call.nowNanos() - since;
            if (place >= 0 && age < windowNanos) {
              // Of containers that came back at the same time, select takes the first.
              if (newest[0] < 0 || age < leastAge[newest[0]]) {
                newest[0] = place;
              }
              leastAge[place] = containers[place]++ == 0 ? age : Math.min(leastAge[place], age);
            }
          });
    }
    for (int place = 0; place < containers.length; place++) {
      if (containers[place] > 0) {
        double seconds = Math.max(0, leastAge[place]) / 1e9;
        out.candidate(bounded.node(place), seconds, containers[place] + " idle");
      }
    }
    if (newest[0] < 0) {
      bounded.explain(call, out);
    } else {
      out.decision(bounded.node(newest[0]), "its container of the function came back idle last");
    }
  }
}
