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

  /**
   * How much of the order is remembered at first: 64 bytes. With loads at their bound on a share p
   * of the nodes a pick looks past it once in (1/p)^16 calls: at the default balance p is at most
   * 0.8, so 1 in 35.
   */
  static final int FIRST = 16;

  /** For a function that needs more, as one does with many calls at once: 1 KiB at most. */
  static final int MOST = 256;

  private static final int GROWTH = 4;

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
   * Places in the snapshot of the given version, best first: as many as are remembered; computed on
   * the first call for a version.
   *
   * @return null for a snapshot older than the newest seen: calls that began on one are few and
   *     soon over, and must not drive out the order that the others use
   */
  int @Nullable [] places(long version, Rendezvous nodes) {
    return places(version, nodes, FIRST);
  }

  /**
   * More of the order than the caller has seen, remembered from now on.
   *
   * @param seen how many places that is, 1 or more
   * @return null if no more is to be remembered, or for an older snapshot
   */
  int @Nullable [] more(long version, Rendezvous nodes, int seen) {
    int wanted = Math.min(MOST, nodes.size());
    return seen >= wanted ? null : places(version, nodes, Math.min(wanted, GROWTH * seen));
  }

  private int @Nullable [] places(long version, Rendezvous nodes, int least) {
    Ranking known = newest;
    if (known != null && known.version >= version) {
      if (known.version > version) {
        return null;
      }
      if (known.places.length >= Math.min(least, nodes.size())) {
        return known.places;
      }
    }
    int[] places = nodes.best(functionHash, least);
    newest = new Ranking(version, places);
    return places;
  }
}
