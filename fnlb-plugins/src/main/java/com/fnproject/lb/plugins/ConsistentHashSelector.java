package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of one snapshot, probed by hashing and hashing again: a probe that falls on a node that
 * the call has tried is followed by the next one. Immutable.
 *
 * <p>Where nodes differ in weight, a node takes the share {@code weight / greatest weight} of the
 * functions whose probe falls on it, by a second hash of the probe: so nodes get functions in
 * proportion to their weights, and a node whose weight falls loses functions without moving others.
 */
final class ConsistentHashSelector implements NodeSelector {

  /**
   * A probe fails with the probability {@code 1 - mean weight / greatest weight} and on tried
   * nodes. While the greatest is at most 16 times the mean, 128 in a row fail for (15/16)^128,
   * fewer than 3 of 10,000 functions; those go to the next untried node in order.
   */
  static final int MAX_PROBES = 128;

  /** The first step of SplitMix64's sequence, so that probes differ as its numbers do. */
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private final NodeSnapshot snapshot;

  /** Of the functions that meet a node, which share it takes; null if it is all of them. */
  private final double @Nullable [] acceptance;

  ConsistentHashSelector(NodeSnapshot snapshot, double @Nullable [] weights) {
    this.snapshot = snapshot;
    acceptance = weights == null ? null : Weights.ofGreatest(weights);
  }

  @Override
  public @Nullable RoutingNode select(RoutingCall call) {
    int place = snapshot.size() == 0 ? -1 : place(call);
    return place < 0 ? null : snapshot.node(place);
  }

  private int place(RoutingCall call) {
    int size = snapshot.size();
    long hash = call.function().hash();
    long probe = hash;
    for (int i = 1; i <= MAX_PROBES; i++) {
      int place = jump(probe, size);
      if (accepts(place, probe) && !call.tried(snapshot.node(place))) {
        return place;
      }
      probe = Rendezvous.mix(hash + i * STEP);
    }
    int place = jump(hash, size);
    for (int i = 0; i < size; i++) {
      if (!call.tried(snapshot.node(place))) {
        return place;
      }
      place = place + 1 == size ? 0 : place + 1;
    }
    return -1;
  }

  private boolean accepts(int place, long probe) {
    // The jump uses the probe's bits otherwise mixed, so that the two draws have nothing in common.
    return acceptance == null || (Rendezvous.mix(probe) >>> 11) * 0x1p-53 < acceptance[place];
  }

  /**
   * The published jump hash.
   *
   * @param nodes 1 or more
   * @return a place from 0 to {@code nodes - 1}
   */
  static int jump(long hash, int nodes) {
    long key = hash;
    long place = 0;
    long jump = 0;
    while (jump < nodes) {
      place = jump;
      key = key * 2862933555777941757L + 1;
      jump = (long) ((place + 1) * (0x1p31 / ((key >>> 33) + 1)));
    }
    return (int) place;
  }

  @Override
  public void explain(RoutingCall call, Explanation out) {
    int size = snapshot.size();
    int place = size == 0 ? -1 : place(call);
    if (place < 0) {
      out.decision(null, size == 0 ? "no nodes" : "every node was tried");
      return;
    }
    RoutingNode node = snapshot.node(place);
    String why =
        place == jump(call.function().hash(), size)
            ? "the function's hash leads here"
            : "hashing again led here, past nodes tried or of less weight";
    out.candidate(node, Double.NaN, "place " + place + " of " + size);
    out.decision(node, why);
  }
}
