package com.fnproject.lb.lab.bench;

import static com.fnproject.lb.lab.bench.Workload.MILLISECOND;
import static com.fnproject.lb.lab.bench.Workload.SECOND;

import com.fnproject.lb.lab.bench.Workload.Change;
import java.util.Arrays;

/**
 * What became of every call of one run, and the {@link Figures} of it. Calls may be noted by
 * different threads, each call by one at a time; {@link #figures} only afterwards.
 */
final class RunLog {
  /** Bare execution times below this count as this: the slowdown of a 1 ms call says little. */
  static final long LEAST_BARE_NANOS = 10 * MILLISECOND;

  /** A call that is not over so long after the end of the workload is rejected. */
  static final long PATIENCE_NANOS = 60 * SECOND;

  /** A function's most used node is looked for in this time before and after a change. */
  private static final long MOVE_WINDOW_NANOS = 60 * SECOND;

  /** Calls of a function on each side of a change; with fewer, its most used node is chance. */
  private static final int MOVE_LEAST_CALLS = 5;

  private static final int NOWHERE = -1;

  private final Workload workload;
  private final long[] latencyNanos;
  private final int[] node;
  private final boolean[] ran;
  private final boolean[] cold;
  private final boolean[] answered;
  private final boolean[] late;
  private final double[] startingNanos;
  private long starts;

  RunLog(Workload workload) {
    int calls = workload.calls().size();
    this.workload = workload;
    this.latencyNanos = new long[calls];
    this.node = new int[calls];
    this.ran = new boolean[calls];
    this.cold = new boolean[calls];
    this.answered = new boolean[calls];
    this.late = new boolean[calls];
    this.startingNanos = new double[workload.nodes().size()];
    Arrays.fill(node, NOWHERE);
  }

  /** The call was sent to the node; the last one counts. */
  void sent(int call, int toNode) {
    node[call] = toNode;
  }

  /** A container took the call. */
  void ran(int call, boolean first) {
    ran[call] = true;
    cold[call] |= first;
  }

  /** A function's answer came to the client. */
  void answered(int call, long afterNanos) {
    answered[call] = true;
    latencyNanos[call] = afterNanos;
  }

  /** The bench itself was late in sending the call. */
  void late(int call) {
    late[call] = true;
  }

  /** Containers of the function that the node started, from the end of the warm-up on. */
  void started(int onNode, int function, long containers) {
    starts += containers;
    startingNanos[onNode] +=
        (double) containers
            * workload.functions().get(function).startNanos()
            * workload.nodes().get(onNode).slowness();
  }

  /** Where the call was sent last, by its place in {@link Workload#nodes()}; negative: nowhere. */
  int node(int call) {
    return node[call];
  }

  /** Whether the call ran in a container that had never run one. */
  boolean cold(int call) {
    return cold[call];
  }

  /** From the sending of the call to a function's answer; 0 if there was none. */
  long latencyNanos(int call) {
    return latencyNanos[call];
  }

  /** The figures of the run. */
  Figures figures() {
    int first = workload.firstCounted();
    int counted = workload.calls().size() - first;
    double[] slowdown = new double[counted];
    int sumRan = 0;
    int sumCold = 0;
    int rejected = 0;
    int sumLate = 0;
    for (int call = first; call < first + counted; call++) {
      sumRan += ran[call] ? 1 : 0;
      sumCold += cold[call] ? 1 : 0;
      rejected += answered[call] ? 0 : 1;
      sumLate += late[call] ? 1 : 0;
      // Nobody gets faster by refusing: a call without an answer is as slow as one could be.
      long latency =
          answered[call]
              ? latencyNanos[call]
              : workload.endNanos() + PATIENCE_NANOS - workload.calls().at(call);
      slowdown[call - first] =
          (double) latency / Math.max(workload.calls().work(call), LEAST_BARE_NANOS);
    }
    Arrays.sort(slowdown);
    return new Figures(
        counted,
        share(sumCold, sumRan),
        1_000.0 * starts / counted,
        quantile(slowdown, 0.5),
        quantile(slowdown, 0.99),
        share(rejected, counted),
        imbalance(),
        moved(),
        share(sumLate, counted));
  }

  /** In percent. */
  private static double share(int part, int whole) {
    return whole == 0 ? Double.NaN : 100.0 * part / whole;
  }

  /** The least value that this share of all values does not exceed. */
  private static double quantile(double[] sorted, double share) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }

  /**
   * Of the processor time that counted calls and starts took. A call takes it when it comes, which
   * is near enough, and at the node's pace of that moment.
   */
  private double imbalance() {
    double[] busyNanos = startingNanos.clone();
    double[] slowness = workload.nodes().stream().mapToDouble(Workload.Node::slowness).toArray();
    int next = 0;
    for (int call = 0; call < workload.calls().size(); call++) {
      long at = workload.calls().at(call);
      while (next < workload.changes().size() && workload.changes().get(next).atNanos() <= at) {
        Change change = workload.changes().get(next++);
        slowness[change.node()] =
            change.kind() == Change.Kind.SLOWED
                ? change.slowness()
                : workload.nodes().get(change.node()).slowness();
      }
      if (at >= workload.warmUpNanos() && ran[call]) {
        busyNanos[node[call]] += workload.calls().work(call) * slowness[node[call]];
      }
    }
    double sum = 0;
    double greatest = 0;
    int nodes = 0;
    for (int i = 0; i < busyNanos.length; i++) {
      long present = workload.presentNanos(i);
      if (present > 0) {
        double cores = workload.nodes().get(i).cores();
        double utilisation = busyNanos[i] / present / (cores == 0 ? 1 : cores);
        sum += utilisation;
        greatest = Math.max(greatest, utilisation);
        nodes++;
      }
    }
    return sum == 0 ? Double.NaN : greatest / (sum / nodes);
  }

  private double moved() {
    int asked = 0;
    int moved = 0;
    for (Change change : workload.changes()) {
      if (change.kind() == Change.Kind.SLOWED) {
        continue;
      }
      long at = change.atNanos();
      int[][] before = uses(at - MOVE_WINDOW_NANOS, at);
      int[][] after = uses(at, at + MOVE_WINDOW_NANOS);
      int gone = change.kind() == Change.Kind.LOST ? change.node() : NOWHERE;
      for (int f = 0; f < before.length; f++) {
        if (Arrays.stream(before[f]).sum() < MOVE_LEAST_CALLS
            || Arrays.stream(after[f]).sum() < MOVE_LEAST_CALLS) {
          continue;
        }
        int mostBefore = Arrays.stream(before[f]).max().orElse(0);
        int mostAfter = Arrays.stream(after[f]).max().orElse(0);
        boolean oldLives = false;
        boolean stayed = false;
        for (int n = 0; n < before[f].length; n++) {
          if (before[f][n] == mostBefore) {
            oldLives |= n != gone;
            stayed |= after[f][n] == mostAfter;
          }
        }
        if (oldLives) {
          asked++;
          moved += stayed ? 0 : 1;
        }
      }
    }
    return share(moved, asked);
  }

  /** How often each function's calls of this time went to each node. */
  private int[][] uses(long fromNanos, long toNanos) {
    int[][] uses = new int[workload.functions().size()][workload.nodes().size()];
    Workload.Calls calls = workload.calls();
    for (int call = 0; call < calls.size() && calls.at(call) < toNanos; call++) {
      if (calls.at(call) >= fromNanos && node[call] != NOWHERE) {
        uses[calls.function(call)][node[call]]++;
      }
    }
    return uses;
  }
}
