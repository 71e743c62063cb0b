package com.fnproject.lb.plugins;

/**
 * Rendezvous order, also called highest random weight (Thaler and Ravishankar, <i>Using name-based
 * mappings to increase hit rates</i>, 1998): every pair of function and node has a random-looking
 * weight, and a function's nodes stand in falling order of it. A node that leaves moves only the
 * functions that were on it.
 */
public final class Rendezvous {

  private Rendezvous() {}

  /**
   * The weight of a node for a function. The mixer is the finaliser of SplitMix64 (Steele, Lea and
   * Flood, 2014; constants: Stafford's thirteenth variant): a bijection, so nodes with different
   * hashes never draw.
   *
   * @param functionHash of the function's key
   * @param nodeHash of the node's id
   * @return 64 well-mixed bits; compared as signed numbers where order matters
   */
  public static long weight(long functionHash, long nodeHash) {
    long z = functionHash ^ nodeHash;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /**
   * The places of the nodes that weigh most for a function, heaviest first; of two nodes with one
   * hash the one in the lower place is first.
   *
   * @param limit how many at most
   * @return as many places as there are nodes, up to the limit
   */
  static int[] heaviest(long functionHash, long[] nodeHashes, int limit) {
    int[] places = new int[Math.min(limit, nodeHashes.length)];
    long[] weights = new long[places.length];
    int found = 0;
    for (int place = 0; place < nodeHashes.length; place++) {
      long weight = weight(functionHash, nodeHashes[place]);
      int rank = found;
      while (rank > 0 && weights[rank - 1] < weight) {
        rank--;
      }
      if (rank == places.length) {
        continue;
      }
      found = Math.min(found + 1, places.length);
      System.arraycopy(places, rank, places, rank + 1, found - rank - 1);
      System.arraycopy(weights, rank, weights, rank + 1, found - rank - 1);
      places[rank] = place;
      weights[rank] = weight;
    }
    return places;
  }
}
