package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.Warmth;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What is known of a function. Its monitor guards all of it, the entries included. */
final class FunctionState implements Cloneable {

  /** How much of the function's order of nodes is kept. */
  static final int RANKS = 16;

  /** What counts the function's rate: arrivals, forgotten over so many seconds. */
  private static final double RATE_SECONDS = 30;

  private static final HotNode[] NO_NODES = {};

  private static final WeakReference<Warmth> NOTHING = new WeakReference<>(null);

  final long hash;
  final WarmTimes times = new WarmTimes();

  /** Own calls on all nodes, from selection to the head of the answer. */
  int calls;

  /** Those of {@link #calls} for which no idle container was thought to be there. */
  int starts;

  private double arrivals;
  private long arrivedNanos;

  private HotNode[] ranks = NO_NODES;
  private long ranksVersion = -1;

  /** Bit i: this balancer has run the function on rank i. */
  private int seen;

  private Entry[] entries = new Entry[1];
  private int size;

  /** Bit i: rank i has an entry. */
  private int ranked;

  private long generation;

  /**
   * Of which the nodes with idle containers have entries, by the ranks of {@link #ranksVersion}.
   * Not kept alive: it may hold whole pages of nodes, of which each idle function would keep its
   * own.
   */
  private WeakReference<Warmth> listed = NOTHING;

  FunctionState(RoutedFunction function) {
    this(function.hash(), function.generation());
  }

  private FunctionState(long hash, long generation) {
    this.hash = hash;
    this.generation = generation;
  }

  /** Calls a second that this balancer has seen of late. */
  double rate(long nowNanos) {
    return decayed(nowNanos) / RATE_SECONDS;
  }

  private double decayed(long nowNanos) {
    double passed = Math.max(0, (nowNanos - arrivedNanos) * HotNode.NANOS);
    return arrivals * Math.exp(-passed / RATE_SECONDS);
  }

  void arrived(long nowNanos) {
    arrivals = decayed(nowNanos) + 1;
    arrivedNanos = nowNanos;
  }

  /** Takes over what has become known of the function since the last time. */
  void refresh(RoutedFunction function) {
    if (function.generation() == generation) {
      return;
    }
    generation = function.generation();
    seen = 0;
    // Calls under way end in containers that are of no use any more.
    Arrays.fill(entries, 0, size, null);
    size = 0;
    ranked = 0;
  }

  /** Makes the order of nodes and the entries those of the selector's snapshot. */
  void prepare(HotSetSelector of, RoutedFunction function) {
    if (ranksVersion < of.version) {
      rank(of);
      listed = NOTHING;
    }
    Warmth known = function.warmth();
    if (known == null || listed.refersTo(known)) {
      return;
    }
    listed = new WeakReference<>(known);
    for (int i = 0; i < known.size(); i++) {
      if (known.idle(i) == 0) {
        continue;
      }
      HotNode node = known.node(i).state(HotNode::new);
      if (node.isIn(of.version) && find(node) == null) {
        Entry entry = add(node, rankOf(node), known.scrapedNanos(i), of.policy.slotNanos);
        entry.proven = true;
      }
    }
  }

  private void rank(HotSetSelector of) {
    HotNode[] before = ranks;
    int seenBefore = seen;
    ranks = of.firstFor(hash, RANKS);
    ranksVersion = of.version;
    seen = 0;
    for (int i = 0; i < before.length; i++) {
      if ((seenBefore >>> i & 1) != 0) {
        seen |= bit(rankOf(before[i]));
      }
    }
    ranked = 0;
    for (int i = 0; i < size; i++) {
      entries[i].rank = rankOf(entries[i].node);
      ranked |= bit(entries[i].rank);
    }
  }

  /** The function's first nodes in a snapshot, which may be older than what is kept. */
  HotNode[] order(HotSetSelector of) {
    return ranksVersion == of.version ? ranks : of.firstFor(hash, RANKS);
  }

  int rankOf(HotNode node) {
    return place(node, ranks);
  }

  /** The node's place in an order, {@link #RANKS} if it has none. */
  static int place(HotNode node, HotNode[] order) {
    for (int i = 0; i < order.length; i++) {
      if (order[i] == node) {
        return i;
      }
    }
    return RANKS;
  }

  /** Whether an order is the one by which ranks are counted. */
  boolean keeps(HotNode[] order) {
    return order == ranks;
  }

  /** Whether this balancer has run the function on the node of a rank. */
  boolean hasRunOn(int rank) {
    return (seen >>> rank & 1) != 0;
  }

  /** Whether there is an entry for the node of a rank. */
  boolean hasEntryOf(int rank) {
    return (ranked >>> rank & 1) != 0;
  }

  /** The number of entries. */
  int size() {
    return size;
  }

  Entry entry(int i) {
    return entries[i];
  }

  @Nullable Entry find(HotNode node) {
    for (int i = 0; i < size; i++) {
      if (entries[i].node == node) {
        return entries[i];
      }
    }
    return null;
  }

  Entry add(HotNode node, int rank, long nowNanos, long slotNanos) {
    if (size == entries.length) {
      entries = Arrays.copyOf(entries, size * 2);
    }
    Entry entry = new Entry(node, rank, nowNanos, slotNanos);
    entries[size++] = entry;
    ranked |= bit(rank);
    seen |= bit(rank);
    return entry;
  }

  /** Drops an entry; the last one takes its place. */
  void drop(int i) {
    ranked &= ~bit(entries[i].rank);
    entries[i] = entries[--size];
    entries[size] = null;
  }

  private static int bit(int rank) {
    return rank < RANKS ? 1 << rank : 0;
  }

  /** A call begins on a node. */
  void begin(Entry entry, Standing standing, long nowNanos, long slotNanos) {
    entry.begin(nowNanos, slotNanos);
    calls++;
    starts += standing == Standing.HOT ? 0 : 1;
    seen |= bit(entry.rank);
  }

  /** A call on a node has ended, whatever became of it. */
  void end(Entry entry, Standing standing, long nowNanos, long slotNanos) {
    entry.end(nowNanos, slotNanos);
    calls--;
    starts -= standing == Standing.HOT ? 0 : 1;
  }

  /**
   * One that can be asked what this one would choose, without this one changing; the times are
   * shared, so only under the monitor of this one.
   */
  @Override
  protected FunctionState clone() {
    try {
      FunctionState twin = (FunctionState) super.clone();
      twin.entries = entries.clone();
      for (int i = 0; i < size; i++) {
        twin.entries[i] = entries[i].clone();
      }
      return twin;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /** What another record may take over, while this one stays in use. */
  FunctionState copy(long slotNanos) {
    FunctionState copy = new FunctionState(hash, generation);
    copy.times.adopt(times);
    copy.arrivals = arrivals;
    copy.arrivedNanos = arrivedNanos;
    for (int i = 0; i < size; i++) {
      Entry entry = entries[i];
      if (entry.joined != entry.node.joined) {
        continue;
      }
      copy.add(entry.node, RANKS, entry.lastNanos, slotNanos).adopt(entry, slotNanos);
    }
    return copy;
  }

  /** Takes over what another record of the same function knows. */
  void adopt(FunctionState other, long slotNanos) {
    times.adopt(other.times);
    if (other.arrivals > 0) {
      boolean later = arrivals == 0 || other.arrivedNanos - arrivedNanos > 0;
      long now = later ? other.arrivedNanos : arrivedNanos;
      arrivals = decayed(now) + other.decayed(now);
      arrivedNanos = now;
    }
    for (int i = 0; i < other.size; i++) {
      Entry entry = other.entries[i];
      Entry own = find(entry.node);
      if (own == null) {
        own = add(entry.node, rankOf(entry.node), entry.lastNanos, slotNanos);
      }
      own.adopt(entry, slotNanos);
    }
  }
}
