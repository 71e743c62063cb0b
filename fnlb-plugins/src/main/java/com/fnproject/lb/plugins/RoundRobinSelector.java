package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of one snapshot in turn. Thread-safe, lock-free.
 *
 * <p>Where nodes differ in weight, turn <i>k</i> is the node on whose part of the unit interval the
 * fraction of <i>k</i> times the golden ratio falls, the parts being the shares of all weights.
 * That sequence is as even as can be (no number is harder to approach by fractions): of any number
 * of turns in a row a node gets its share to within a few, and its turns stand apart.
 */
final class RoundRobinSelector implements NodeSelector {

  /** 2^64 times the golden ratio's fraction, made odd. */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final AtomicLong next;
  private final NodeSnapshot snapshot;

  /** Where each node's part of 0 to 2^63 ends; null if all weigh the same. */
  private final long @Nullable [] ends;

  RoundRobinSelector(AtomicLong next, NodeSnapshot snapshot, double @Nullable [] weights) {
    this.next = next;
    this.snapshot = snapshot;
    ends = weights == null ? null : ends(Weights.shares(weights));
  }

  private static long[] ends(double[] shares) {
    long[] ends = new long[shares.length];
    double sum = 0;
    for (int i = 0; i < shares.length; i++) {
      sum += shares[i];
      ends[i] = (long) (sum * 0x1p63);
    }
    ends[shares.length - 1] = Long.MAX_VALUE;
    return ends;
  }

  @Override
  public @Nullable RoutingNode select(RoutingCall call) {
    return snapshot.size() == 0 ? null : untried(call, place(next.getAndIncrement()));
  }

  private int place(long turn) {
    if (ends == null) {
      // floorMod: the counter may be negative, and wraps.
      return (int) Math.floorMod(turn, (long) snapshot.size());
    }
    int found = Arrays.binarySearch(ends, (turn * GOLDEN) >>> 1);
    return Math.min(found < 0 ? -found - 1 : found + 1, ends.length - 1);
  }

  private @Nullable RoutingNode untried(RoutingCall call, int first) {
    int place = first;
    for (int i = 0; i < snapshot.size(); i++) {
      RoutingNode node = snapshot.node(place);
      if (!call.tried(node)) {
        return node;
      }
      place = place + 1 == snapshot.size() ? 0 : place + 1;
    }
    return null;
  }

  @Override
  public void explain(RoutingCall call, Explanation out) {
    RoutingNode node = snapshot.size() == 0 ? null : untried(call, place(next.get()));
    if (node != null) {
      out.candidate(node, Double.NaN, "in turn");
    }
    out.decision(
        node, node != null ? "its turn, if no other call comes before" : "no node is left");
  }
}
