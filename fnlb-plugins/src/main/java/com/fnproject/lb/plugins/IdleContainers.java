package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
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
      for (Block block = first; block != null; block = block.next) {
        for (int i = 0; i < block.length(); i++) {
          NodeLoad candidate = block.node(i);
          if (candidate == null) {
            continue;
          }
          long age = call.nowNanos() - block.since(i);
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
      if (newest == null || node == null || newest.free(slot, node)) {
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
        NodeLoad there = block.node(i);
        long age = nowNanos - block.since(i);
        if (there == null || age >= windowNanos) {
          if (block.put(i, there, node, nowNanos)) {
            return;
          }
        } else if (age > greatestAge) {
          longest = block;
          slot = i;
          greatestAge = age;
        }
      }
    }
    // If that changes meanwhile, the container is not remembered.
    longest.put(slot, longest.node(slot), node, nowNanos);
  }

  /** Forgets the containers on a node. */
  void forget(NodeLoad node) {
    for (Block block = first; block != null; block = block.next) {
      for (int i = 0; i < block.length(); i++) {
        block.free(i, node);
      }
    }
  }

  /** Shows every container and when it answered, in the order in which {@link #take} looks. */
  void forEach(ObjLongConsumer<NodeLoad> consumer) {
    for (Block block = first; block != null; block = block.next) {
      for (int i = 0; i < block.length(); i++) {
        NodeLoad node = block.node(i);
        if (node != null) {
          consumer.accept(node, block.since(i));
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
    for (Block block = first; block != null; block = block.next) {
      block.clear();
    }
  }

  /** Plain arrays, read and written as atomics are: one hop less each on the way of every call. */
  private static final class Block {
    private static final VarHandle NODES = MethodHandles.arrayElementVarHandle(NodeLoad[].class);
    private static final VarHandle SINCE = MethodHandles.arrayElementVarHandle(long[].class);
    private static final AtomicReferenceFieldUpdater<Block, Block> NEXT =
        AtomicReferenceFieldUpdater.newUpdater(Block.class, Block.class, "next");

    private final @Nullable NodeLoad[] nodes;

    /** Written before the node is, so that who sees a node sees its time, or a later one. */
    private final long[] since;

    volatile @Nullable Block next;

    Block(int slots) {
      nodes = new NodeLoad[slots];
      since = new long[slots];
    }

    int length() {
      return nodes.length;
    }

    @Nullable NodeLoad node(int slot) {
      return (NodeLoad) NODES.getAcquire(nodes, slot);
    }

    long since(int slot) {
      return (long) SINCE.getOpaque(since, slot);
    }

    /** Gives a slot, free or not, to a container; false if another thread changed it first. */
    boolean put(int slot, @Nullable NodeLoad there, NodeLoad node, long nanos) {
      // Racing threads write nearly the same time.
      SINCE.setOpaque(since, slot, nanos);
      return NODES.compareAndSet(nodes, slot, there, node);
    }

    /** Frees a slot; false if another thread did so first. */
    boolean free(int slot, NodeLoad there) {
      return NODES.compareAndSet(nodes, slot, there, (NodeLoad) null);
    }

    void clear() {
      for (int slot = 0; slot < nodes.length; slot++) {
        NODES.setRelease(nodes, slot, (NodeLoad) null);
      }
    }

    /** The next block, made if there is none and there may be one. */
    @Nullable Block nextOrMore() {
      if (next == null && length() < LAST_SLOTS) {
        NEXT.compareAndSet(this, null, new Block(2 * length()));
      }
      return next;
    }
  }
}
