package com.fnproject.lb.lab.bench;

import com.fnproject.lb.testbed.model.FunctionSpec;
import com.fnproject.lb.testbed.model.NodeModelConfig;
import java.util.Arrays;
import java.util.List;

/**
 * A cluster, its functions, the calls that come to it and what happens to its nodes meanwhile; see
 * docs/routing.md for the file that holds one. Immutable.
 *
 * @param name one word, for tables
 * @param nodes every node that is ever in the cluster
 * @param changes in the order of their time; a node whose first change is {@link Change.Kind#ADDED}
 *     is not there before it
 * @param warmUpNanos calls that come before this are made but not counted
 * @param endNanos no call comes at or after this
 */
record Workload(
    String name,
    List<Node> nodes,
    List<Function> functions,
    List<Change> changes,
    long warmUpNanos,
    long endNanos,
    Calls calls) {

  static final long SECOND = 1_000_000_000L;
  static final long MILLISECOND = 1_000_000L;
  static final long MEBIBYTE = 1L << 20;

  /**
   * A node.
   *
   * @param cores 0 = as many as needed
   * @param refuses answers "too busy" when full, instead of letting calls wait
   * @param slowness what every start and run there is multiplied with
   */
  record Node(String name, double cores, long memoryBytes, boolean refuses, double slowness) {
    NodeModelConfig model() {
      return NodeModelConfig.ofMemory(memoryBytes)
          .cores(cores)
          .nonBlocking(refuses)
          .slowness(slowness);
    }
  }

  /** A function; what the fields mean is what they mean in {@link FunctionSpec}. */
  record Function(
      String name,
      long memoryBytes,
      long startNanos,
      long pullNanos,
      long idleNanos,
      long timeoutNanos) {

    FunctionSpec spec() {
      return FunctionSpec.of(name, startNanos)
          .memory(memoryBytes)
          .idleTimeout(idleNanos)
          .timeout(timeoutNanos)
          .image("image-of-" + name, pullNanos);
    }
  }

  /**
   * Something that happens to a node.
   *
   * @param node its place in {@link Workload#nodes()}
   * @param slowness from now on, for {@link Kind#SLOWED}; else 1
   */
  record Change(long atNanos, Kind kind, int node, double slowness) {
    enum Kind {
      /** Killed: its calls break, its containers are gone, it takes no connection. */
      LOST,
      /** There, and cold. */
      ADDED,
      /** Its starts and runs take another multiple of their time. */
      SLOWED
    }
  }

  /** The calls, in the order of their time. */
  static final class Calls {
    private final long[] atNanos;
    private final int[] functions;
    private final long[] workNanos;
    private final int size;

    /** The first {@code size} entries of each array; the arrays are kept, not copied. */
    Calls(long[] atNanos, int[] functions, long[] workNanos, int size) {
      this.atNanos = atNanos;
      this.functions = functions;
      this.workNanos = workNanos;
      this.size = size;
    }

    int size() {
      return size;
    }

    /** When the client sends the call. */
    long at(int call) {
      return atNanos[call];
    }

    /** Its place in {@link Workload#functions()}. */
    int function(int call) {
      return functions[call];
    }

    /** How long the function works on it, on a core of its own of a node in good health. */
    long work(int call) {
      return workNanos[call];
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Calls that
          && size == that.size
          && Arrays.equals(atNanos, 0, size, that.atNanos, 0, size)
          && Arrays.equals(functions, 0, size, that.functions, 0, size)
          && Arrays.equals(workNanos, 0, size, that.workNanos, 0, size);
    }

    @Override
    public int hashCode() {
      return size == 0 ? 0 : Long.hashCode(atNanos[size - 1]) * 31 + size;
    }
  }

  /** Whether the node is there before the first change. */
  boolean thereAtFirst(int node) {
    for (Change change : changes) {
      if (change.node == node && change.kind != Change.Kind.SLOWED) {
        return change.kind == Change.Kind.LOST;
      }
    }
    return true;
  }

  /** The first call that is counted. */
  int firstCounted() {
    int call = 0;
    while (call < calls.size() && calls.at(call) < warmUpNanos) {
      call++;
    }
    return call;
  }

  /** How long the node is in the cluster between the end of the warm-up and {@link #endNanos}. */
  long presentNanos(int node) {
    long since = thereAtFirst(node) ? 0 : -1;
    long present = 0;
    for (Change change : changes) {
      if (change.node != node) {
        continue;
      }
      if (change.kind == Change.Kind.LOST) {
        present += since < 0 ? 0 : overlap(since, change.atNanos);
        since = -1;
      } else if (change.kind == Change.Kind.ADDED) {
        since = change.atNanos;
      }
    }
    return since < 0 ? present : present + overlap(since, endNanos);
  }

  private long overlap(long from, long to) {
    return Math.max(0, Math.min(to, endNanos) - Math.max(from, warmUpNanos));
  }
}
