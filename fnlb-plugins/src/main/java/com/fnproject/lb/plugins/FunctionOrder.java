package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.RoutedFunction;
import org.jspecify.annotations.Nullable;

/**
 * The head of a function's rendezvous order, remembered for the newest set of nodes that asked.
 * Thread-safe, lock-free: threads that race compute the same order twice and one of the two is
 * kept.
 *
 * <p>It remembers places and the snapshot's version rather than nodes, so that functions nobody
 * calls do not keep departed nodes in memory.
 */
final class FunctionOrder {

  private static final class Ranking {
    final long version;
    final int[] places;

    Ranking(long version, int[] places) {
      this.version = version;
      this.places = places;
    }
  }

  private final long functionHash;
  private volatile @Nullable Ranking newest;

  FunctionOrder(RoutedFunction function) {
    functionHash = function.hash();
  }

  /**
   * Places in the snapshot of the given version, best first; computed on the first call for a
   * version.
   *
   * @return null for a snapshot older than the newest seen: calls that began on one are few and
   *     soon over, and must not drive out the order that the others use
   */
  int @Nullable [] places(long version, Rendezvous nodes, int limit) {
    Ranking known = newest;
    if (known != null && known.version >= version) {
      return known.version == version ? known.places : null;
    }
    int[] places = nodes.best(functionHash, limit);
    newest = new Ranking(version, places);
    return places;
  }
}
