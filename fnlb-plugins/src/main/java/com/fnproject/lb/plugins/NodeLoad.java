package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.SipHash;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What {@link BoundedLoadPolicy} knows of one node: its hash, and the calls booked on it.
 * Thread-safe, lock-free.
 */
final class NodeLoad {

  /** Of the node's id, so that all balancers agree. */
  final long hash;

  private final AtomicLong calls = new AtomicLong();

  NodeLoad(RoutingNode node) {
    hash = SipHash.hash(node.id());
  }

  /** Calls booked and not yet released. */
  long calls() {
    return calls.get();
  }

  /** Books a call unless the node carries {@code cap} calls already. */
  boolean tryBook(long cap) {
    long now = calls.get();
    while (now < cap) {
      long seen = calls.compareAndExchange(now, now + 1);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  /** Books a call whatever the node carries. */
  void book() {
    calls.incrementAndGet();
  }

  void release() {
    calls.decrementAndGet();
  }
}
