package com.fnproject.lb.plugins;

import org.jspecify.annotations.Nullable;

/**
 * Rendezvous order, also called highest random weight (Thaler and Ravishankar, <i>Using name-based
 * mappings to increase hit rates</i>, 1998), of the nodes of one snapshot: every pair of function
 * and node has a random-looking score, and a function's nodes stand in falling order of it. A node
 * that leaves moves only the functions that were on it. Immutable.
 *
 * <p>Where nodes differ in weight the score is {@code -weight / ln(u)}, {@code u} being the
 * fraction that the score would be otherwise: a node is first for a share of the functions that is
 * its share of all weights (the least of exponential variables of rates w is that of rate w with
 * probability w / sum), and a node whose weight changes moves functions to or from itself only.
 */
public final class Rendezvous {

  /** Of the nodes' ids, in the snapshot's order. */
  private final long[] hashes;

  /** Null if all weigh the same. */
  private final double @Nullable [] weights;

  /**
   * Creates the order.
   *
   * @param hashes of the nodes' ids, in the snapshot's order; kept
   * @param weights of the nodes, in the same order; null if all weigh the same; kept
   */
  public Rendezvous(long[] hashes, double @Nullable [] weights) {
    this.hashes = hashes;
    this.weights = weights;
  }

  int size() {
    return hashes.length;
  }

  /** How well a node suits a function; only for comparing nodes of one snapshot. */
  long score(long functionHash, int place) {
    long mixed = mix(functionHash ^ hashes[place]);
    if (weights == null) {
      return mixed;
    }
    // Above 0, below 1, and in the order of the numbers that it is made of, for equal weights.
    double u = (((mixed ^ Long.MIN_VALUE) >>> 12) + 0.5) * 0x1p-52;
    // Doubles above 0 are in the order of their bits.
    return Double.doubleToRawLongBits(-weights[place] / Math.log(u));
  }

  /**
   * The finaliser of SplitMix64 (Steele, Lea and Flood, 2014; constants: Stafford's thirteenth
   * variant): a bijection, so nodes with different hashes never draw.
   *
   * @param bits to be mixed
   * @return 64 well-mixed bits
   */
  public static long mix(long bits) {
    long z = bits;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /**
   * The places of the nodes that score highest for a function, highest first; of two with one score
   * the one in the lower place is first.
   *
   * @param functionHash of the function's key
   * @param limit how many at most
   * @return as many places as there are nodes, up to the limit
   */
  public int[] best(long functionHash, int limit) {
    int[] places = new int[Math.min(limit, hashes.length)];
    long[] scores = new long[places.length];
    int found = 0;
    for (int place = 0; place < hashes.length; place++) {
      long score = score(functionHash, place);
      int rank = found;
      while (rank > 0 && scores[rank - 1] < score) {
        rank--;
      }
      if (rank == places.length) {
        continue;
      }
      found = Math.min(found + 1, places.length);
      System.arraycopy(places, rank, places, rank + 1, found - rank - 1);
      System.arraycopy(scores, rank, scores, rank + 1, found - rank - 1);
      places[rank] = place;
      scores[rank] = score;
    }
    return places;
  }
}
