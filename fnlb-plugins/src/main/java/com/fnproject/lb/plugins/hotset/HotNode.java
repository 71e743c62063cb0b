package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.SipHash;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a node. Calls in flight are exact; what is learned may lose an update to a race,
 * which costs accuracy only.
 */
final class HotNode {

  static final double NANOS = 1e-9;

  /** For how long a node that refused a call, or could not be reached, is avoided. */
  static final long AVOID_NANOS = 1_000_000_000L;

  /** Never present in a snapshot. */
  private static final long NEVER = Long.MAX_VALUE;

  // Not an object of its own: a choice looks at many nodes.
  private static final AtomicIntegerFieldUpdater<HotNode> CALLS =
      AtomicIntegerFieldUpdater.newUpdater(HotNode.class, "calls");

  final RoutingNode node;

  /** Of the node's id, so that all balancers agree. */
  final long hash;

  /** Calls of this balancer, from selection to the head of the answer. */
  private volatile int calls;

  /** The version of the snapshot with which the node came (back). */
  volatile long joined = NEVER;

  /** The version of the snapshot that lacked it again. */
  volatile long left = NEVER;

  /** How many calls it serves at once without slowing down ("L"). */
  double concurrency;

  /** Logarithm of how much slower it is than functions' own usual time ("I"), and of when. */
  double slowdown;

  long slowdownNanos;

  /** How long its idle containers live ("T"). */
  double hotWindow;

  /** It has refused a call for want of room not long ago while this lies ahead. */
  long blockedUntilNanos;

  /** It could not be reached not long ago while this lies ahead. */
  long deadUntilNanos;

  HotNode(RoutingNode node) {
    this.node = node;
    this.hash = SipHash.hash(node.id());
  }

  /** It is (again) in the snapshot of this version: whatever was learned of it is void. */
  void join(long version, long nowNanos, Parameters parameters) {
    concurrency = parameters.concurrency();
    slowdown = 0;
    slowdownNanos = nowNanos;
    hotWindow = parameters.hotWindow();
    blockedUntilNanos = nowNanos;
    deadUntilNanos = nowNanos;
    // In this order, lest selectors of the snapshots that lack it take it for theirs.
    joined = version;
    left = NEVER;
  }

  int calls() {
    return calls;
  }

  /** A call begins; answers how many there are now. */
  int begin() {
    return CALLS.incrementAndGet(this);
  }

  /** A call has ended; answers how many there were with it. */
  int end() {
    return CALLS.getAndDecrement(this);
  }

  boolean isIn(long version) {
    return joined <= version && version < left;
  }

  boolean blocked(long nowNanos) {
    return blockedUntilNanos - nowNanos > 0;
  }

  boolean dead(long nowNanos) {
    return deadUntilNanos - nowNanos > 0;
  }

  /** What the node told of itself, while that can be trusted; else null. */
  @Nullable NodeReading youngReading(long nowNanos) {
    NodeReading reading = node.reading();
    return reading != null && nowNanos - reading.scrapedNanos() < 2 * reading.intervalNanos()
        ? reading
        : null;
  }

  /** Whether there is memory for fewer than two typical containers. */
  static boolean memoryTight(NodeReading reading) {
    long used = reading.memoryUsed();
    int containers = reading.containers();
    return used > 0 && containers > 0 && reading.memoryFree() < 2 * (used / containers);
  }
}
