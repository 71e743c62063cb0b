package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingNode;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A function's average wait on every node that has answered it, for {@link LegacyPolicy}.
 * Thread-safe, lock-free.
 *
 * <p>It refers to nodes weakly, and entries of nodes that are gone are dropped when the next one is
 * added: an average lasts exactly as long as its node, through any spell of bad health, and there
 * are never more entries than there were nodes when the last one was added.
 */
final class WaitAverages {

  private static final AtomicReferenceFieldUpdater<WaitAverages, Table> TABLE =
      AtomicReferenceFieldUpdater.newUpdater(WaitAverages.class, Table.class, "table");

  private volatile Table table = new Table(1);

  /** The averages of a function. */
  static WaitAverages of(RoutedFunction function) {
    return function.state(f -> new WaitAverages());
  }

  /** The average wait on a node, 0 if it has never answered. */
  long nanos(RoutingNode node) {
    Average average = table.find(node);
    return average == null ? 0 : average.nanos.get();
  }

  /** Counts a sample; a node's first is its average. */
  void add(RoutingNode node, long nanos) {
    while (true) {
      Table current = table;
      Average average = current.find(node);
      if (average != null) {
        average.add(nanos);
        return;
      }
      if (TABLE.compareAndSet(this, current, current.with(new Average(node, nanos)))) {
        return;
      }
    }
  }

  /** How many averages there are, those of nodes that are gone but not yet dropped included. */
  int size() {
    return table.size();
  }

  private static final class Average extends WeakReference<RoutingNode> {
    final int hash;
    final AtomicLong nanos;

    Average(RoutingNode node, long first) {
      super(node);
      hash = hash(node);
      nanos = new AtomicLong(first);
    }

    /** A tenth of the new and nine tenths of the old, cut to whole nanoseconds. */
    void add(long sample) {
      long old = nanos.get();
      while (true) {
        long seen = nanos.compareAndExchange(old, (long) (0.1 * sample + 0.9 * old));
        if (seen == old) {
          return;
        }
        old = seen;
      }
    }

    static int hash(RoutingNode node) {
      int hash = System.identityHashCode(node);
      return hash ^ (hash >>> 16);
    }
  }

  /** A hash table by the node's identity, linearly probed; never changed once it is published. */
  private static final class Table {

    /** A power of two in length and at most half full. */
    final @Nullable Average[] slots;

    Table(int capacity) {
      slots = new Average[2 * Integer.highestOneBit(2 * capacity - 1)];
    }

    @Nullable Average find(RoutingNode node) {
      int mask = slots.length - 1;
      int i = Average.hash(node) & mask;
      Average average = slots[i];
      while (average != null && !average.refersTo(node)) {
        i = (i + 1) & mask;
        average = slots[i];
      }
      return average;
    }

    /** A table of the averages whose nodes exist, and one more. */
    Table with(Average added) {
      // Nodes can only vanish between the two loops, so what the first one counts will do.
      int count = 1;
      for (Average average : slots) {
        if (average != null && !average.refersTo(null)) {
          count++;
        }
      }
      Table next = new Table(count);
      next.put(added);
      for (Average average : slots) {
        if (average != null && !average.refersTo(null)) {
          next.put(average);
        }
      }
      return next;
    }

    private void put(Average average) {
      int mask = slots.length - 1;
      int i = average.hash & mask;
      while (slots[i] != null) {
        i = (i + 1) & mask;
      }
      slots[i] = average;
    }

    int size() {
      int size = 0;
      for (Average average : slots) {
        if (average != null) {
          size++;
        }
      }
      return size;
    }
  }
}
