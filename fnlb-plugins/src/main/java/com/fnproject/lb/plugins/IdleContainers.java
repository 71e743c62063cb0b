package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The containers of one function that have answered this balancer and got no call of it since: for
 * each the node, and when it answered. Thread-safe, lock-free; a container is taken by one call.
 *
 * <p>It refers to what is known of a node rather than to the node, so that functions nobody calls
 * do not keep departed nodes in memory.
 */
final class IdleContainers {

  private static final int FIRST_SLOTS = 4;

  /**
   * Blocks double, 4, 8, 16, 32, 64: 124 slots, after which a container takes the place of the one
   * that has been idle longest. A function gets blocks as it needs them and keeps them.
   */
  private static final int LAST_SLOTS = 64;

  static final int MOST = 2 * LAST_SLOTS - FIRST_SLOTS;

  /** Where calls go that find no container here. */
  final FunctionOrder order;

  private final Block first = new Block(FIRST_SLOTS);

  /** The generation of the function that the containers serve. */
  private volatile long generation;

  IdleContainers(RoutedFunction function) {
    order = new FunctionOrder(function);
    generation = function.generation();
  }

  /**
   * Takes the container that answered last, of those on nodes that the selector offers the call.
   *
   * @param windowNanos how long an idle container is believed in
   * @return the place of its node, -1 if there is none
   */
  int take(RoutingCall call, IdleFirstSelector nodes, long windowNanos) {
    forgetOthersThan(call.function().generation());
    while (true) {
      Block newest = null;
      int slot = -1;
      NodeLoad node = null;
      long leastAge = windowNanos;
      int place = -1;
      for (Block block = first; block != null; block = block.next.get()) {
        for (int i = 0; i < block.length(); i++) {
          NodeLoad candidate = block.nodes.get(i);
          if (candidate == null) {
            continue;
          }
          long age = call.nowNanos() - block.since.get(i);
          if (age >= leastAge) {
            continue;
          }
          int offered = nodes.place(candidate, call);
          if (offered >= 0) {
            newest = block;
            slot = i;
            node = candidate;
            leastAge = age;
            place = offered;
          }
        }
      }
      // Whoever takes the container first makes the others look again, each time with one less.
      if (newest == null || newest.nodes.compareAndSet(slot, node, null)) {
        return place;
      }
    }
  }

  /** Adds a container of the given generation of the function that answered just now. */
  void add(NodeLoad node, long nowNanos, long windowNanos, long ofGeneration) {
    if (ofGeneration != generation) {
      return;
    }
    Block longest = first;
    int slot = 0;
    long greatestAge = Long.MIN_VALUE;
    for (Block block = first; block != null; block = block.nextOrMore()) {
      for (int i = 0; i < block.length(); i++) {
        NodeLoad there = block.nodes.get(i);
        long age = nowNanos - block.since.get(i);
        if (there == null || age >= windowNanos) {
          // Racing threads write nearly the same time.
          block.since.set(i, nowNanos);
          if (block.nodes.compareAndSet(i, there, node)) {
            return;
          }
        } else if (age > greatestAge) {
          longest = block;
          slot = i;
          greatestAge = age;
        }
      }
    }
    longest.since.set(slot, nowNanos);
    longest.nodes.set(slot, node);
  }

  /** Forgets the containers on a node. */
  void forget(NodeLoad node) {
    for (Block block = first; block != null; block = block.next.get()) {
      for (int i = 0; i < block.length(); i++) {
        block.nodes.compareAndSet(i, node, null);
      }
    }
  }

  /** Shows every container and when it answered, in no particular order. */
  void forEach(ObjLongConsumer<NodeLoad> consumer) {
    for (Block block = first; block != null; block = block.next.get()) {
      for (int i = 0; i < block.length(); i++) {
        NodeLoad node = block.nodes.get(i);
        if (node != null) {
          consumer.accept(node, block.since.get(i));
        }
      }
    }
  }

  /** The generation that the containers serve. */
  long generation() {
    return generation;
  }

  private void forgetOthersThan(long newest) {
    if (generation == newest) {
      return;
    }
    generation = newest;
    for (Block block = first; block != null; block = block.next.get()) {
      for (int i = 0; i < block.length(); i++) {
        block.nodes.set(i, null);
      }
    }
  }

  private static final class Block {
    final AtomicReferenceArray<NodeLoad> nodes;

    /** Written before the node is, so that who sees a node sees its time, or a later one. */
    final AtomicLongArray since;

    final AtomicReference<@Nullable Block> next = new AtomicReference<>();

    Block(int slots) {
      nodes = new AtomicReferenceArray<>(slots);
      since = new AtomicLongArray(slots);
    }

    int length() {
      return nodes.length();
    }

    /** The next block, made if there is none and there may be one. */
    @Nullable Block nextOrMore() {
      if (next.get() == null && length() < LAST_SLOTS) {
        next.compareAndSet(null, new Block(2 * length()));
      }
      return next.get();
    }
  }
}
