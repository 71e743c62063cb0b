package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.Warmth;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one function on one node: the calls of this balancer there, and what proves that
 * idle containers are there. Guarded by its {@link FunctionState}.
 */
final class Entry implements Cloneable {

  /** How many containers were in use is remembered for so many slots of the hot window. */
  static final int SLOTS = 6;

  /** Bits for each slot's peak; more calls than that at once count as that many. */
  private static final int PEAK_BITS = 10;

  private static final long PEAK_MASK = (1L << PEAK_BITS) - 1;
  private static final long ALL_SLOTS = (1L << (SLOTS * PEAK_BITS)) - 1;

  final HotNode node;

  /** {@link HotNode#joined} when the entry was made or last found to be true. */
  long joined;

  /** The node's place in the function's order, {@link FunctionState#RANKS} if beyond. */
  int rank;

  /** Own calls, from selection to the head of the answer. */
  int calls;

  /** Last use that proves a container, or when this was made. */
  long lastNanos;

  /** Whether {@link #lastNanos} proves anything. */
  boolean proven;

  /** The greatest number of calls in the latest slots, the current one in the lowest bits. */
  private long peaks;

  private long slot;

  /** When the first call began since one ended; if {@link #awaited}. */
  private long awaitedNanos;

  /** Whether a call has begun since one ended. */
  private boolean awaited;

  /** Idle containers and own calls at the node's reading of {@link #scrapedNanos}. */
  private int idleThen;

  private int callsThen;
  private long scrapedNanos;
  private boolean scraped;

  Entry(HotNode node, int rank, long nowNanos, long slotNanos) {
    this.node = node;
    this.rank = rank;
    this.joined = node.joined;
    this.lastNanos = nowNanos;
    this.slot = Math.floorDiv(nowNanos, slotNanos);
  }

  /** Takes over what has become known of the node since the last time. */
  void refresh(RoutedFunction function) {
    if (joined != node.joined) {
      joined = node.joined;
      forgetWarmth();
    }
    read(node.node.reading(), function);
  }

  /** Whether it has no calls, and cannot prove anything any more. */
  boolean stale(long nowNanos, Parameters parameters) {
    double keep = Math.max(parameters.hotWindow(), 1.5 * node.hotWindow);
    if (calls > 0 || (proven && (nowNanos - lastNanos) * HotNode.NANOS <= keep)) {
      return false;
    }
    return node.youngReading(nowNanos) == null || !scraped || idleLeft() <= 0;
  }

  /** One that knows the same and can change without this one. */
  @Override
  protected Entry clone() {
    try {
      return (Entry) super.clone();
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /** Forgets what proved that containers are there; calls under way stay counted. */
  void forgetWarmth() {
    proven = false;
    peaks = filled(calls);
    idleThen = 0;
    callsThen = calls;
  }

  /** No more containers than there are calls under way: none was started for the latest. */
  void notRun(Standing standing) {
    if (standing != Standing.HOT) {
      peaks = filled(calls);
    }
  }

  /** A call begins. */
  void begin(long nowNanos, long slotNanos) {
    advance(nowNanos, slotNanos);
    calls++;
    if (!awaited) {
      awaited = true;
      awaitedNanos = nowNanos;
    }
    long peak = peaks & PEAK_MASK;
    if (calls > peak) {
      peaks = (peaks & ~PEAK_MASK) | Math.min(calls, PEAK_MASK);
    }
  }

  /** A container was surely in use at this time. */
  void used(long nanos) {
    if (!proven || nanos - lastNanos > 0) {
      lastNanos = nanos;
      proven = true;
    }
  }

  /** A call has ended, whatever became of it. */
  void end(long nowNanos, long slotNanos) {
    advance(nowNanos, slotNanos);
    calls--;
    awaited = false;
  }

  /**
   * Seconds since the least recently used container that the next call could get was surely in use:
   * the time since the last use if none is in use now, else since one more than now were.
   */
  double age(long nowNanos, long slotNanos) {
    if (calls == 0) {
      return proven
          ? Math.max(0, (nowNanos - lastNanos) * HotNode.NANOS)
          : Double.POSITIVE_INFINITY;
    }
    advance(nowNanos, slotNanos);
    long left = peaks;
    for (int i = 0; i < SLOTS; i++) {
      if ((left & PEAK_MASK) > calls) {
        long middle = (slot - i) * slotNanos + slotNanos / 2;
        return Math.max(0, (nowNanos - middle) * HotNode.NANOS);
      }
      left >>>= PEAK_BITS;
    }
    return Double.POSITIVE_INFINITY;
  }

  /** Seconds since a call began without any having ended; 0 if none has begun since one ended. */
  double silence(long nowNanos) {
    return awaited ? (nowNanos - awaitedNanos) * HotNode.NANOS : 0;
  }

  /**
   * Takes over what the node told, once for each reading; before {@link #calls} changes.
   *
   * @param reading whose warmth the function has by now, for it is published before
   */
  void read(@Nullable NodeReading reading, RoutedFunction function) {
    Warmth warmth = reading == null ? null : function.warmth();
    if (reading == null || warmth == null) {
      scraped = false;
      return;
    }
    if (scraped && reading.scrapedNanos() == scrapedNanos) {
      return;
    }
    scraped = true;
    scrapedNanos = reading.scrapedNanos();
    callsThen = calls;
    idleThen = 0;
    for (int i = 0; i < warmth.size(); i++) {
      if (warmth.node(i) == node.node) {
        idleThen = warmth.idle(i);
        break;
      }
    }
  }

  /** Whether a reading has been taken over that can decide. */
  boolean scraped() {
    return scraped;
  }

  /** Idle containers that should be left of those that the reading showed. */
  int idleLeft() {
    return idleThen - (calls - callsThen);
  }

  /** Adds what another record of the same function on the same node proves. */
  void adopt(Entry other, long slotNanos) {
    if (!other.proven) {
      return;
    }
    used(other.lastNanos);
    long now = Math.max(slot, other.slot) * slotNanos;
    advance(now, slotNanos);
    other.advance(now, slotNanos);
    long merged = 0;
    for (int i = SLOTS - 1; i >= 0; i--) {
      int shift = i * PEAK_BITS;
      merged =
          merged << PEAK_BITS
              | Math.max(peaks >>> shift & PEAK_MASK, other.peaks >>> shift & PEAK_MASK);
    }
    peaks = merged;
  }

  private void advance(long nowNanos, long slotNanos) {
    long current = Math.floorDiv(nowNanos, slotNanos);
    long passed = current - slot;
    if (passed <= 0) {
      return;
    }
    slot = current;
    // Calls under way were so all the time.
    if (passed >= SLOTS) {
      peaks = filled(calls);
      return;
    }
    int shift = (int) passed * PEAK_BITS;
    peaks = (peaks << shift | (filled(calls) & ((1L << shift) - 1))) & ALL_SLOTS;
  }

  private static long filled(int calls) {
    long peak = Math.min(calls, PEAK_MASK);
    long all = 0;
    for (int i = 0; i < SLOTS; i++) {
      all = all << PEAK_BITS | peak;
    }
    return all;
  }
}
