package com.fnproject.lb.lab;

import com.fnproject.lb.lab.Board.Cell;
import com.fnproject.lb.lab.Board.State;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.FnNode;
import com.fnproject.lb.testbed.FunctionRow;
import com.fnproject.lb.testbed.SampleFunction;
import com.fnproject.lb.testbed.traffic.Traffic;
import com.fnproject.lb.testbed.traffic.TrafficRow;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Looks at everything from outside, as a user would: nodes at their containers, clients at their
 * calls, the balancer's REST interface at its nodes. Belongs to one thread.
 */
final class Sampler {
  /** The time over which rates and percentiles are told. */
  private static final long WINDOW_NANOS = Duration.ofSeconds(5).toNanos();

  private static final int MAX_KINDS_OF_ERRORS = 4;

  /** What was counted until one moment. */
  private record Sample(
      long nanos, Map<String, Map<String, FunctionRow>> rows, List<TrafficRow> traffic) {}

  private final FnCluster cluster;
  private final Map<SampleFunction, String> functions;
  private final Traffic traffic;
  private final NodeList nodeList;
  private final long startNanos = System.nanoTime();
  private final Deque<Sample> samples = new ArrayDeque<>();

  /** Those of the cluster's nodes that have been in the balancer. */
  private final Set<String> everIn;

  /**
   * Looks for the first time.
   *
   * @param cluster all nodes of the demo
   * @param inAtFirst those that the balancer was started with
   * @param functions what the traffic calls, with their ids
   */
  Sampler(
      FnCluster cluster,
      List<String> inAtFirst,
      Map<SampleFunction, String> functions,
      Traffic traffic,
      NodeList nodeList) {
    this.cluster = cluster;
    this.functions = functions;
    this.traffic = traffic;
    this.nodeList = nodeList;
    this.everIn = new HashSet<>(inAtFirst);
    samples.add(sample());
  }

  /** Looks, and compares with what was a few seconds ago. Blocks for some seconds at most. */
  Board look() {
    Map<String, String> inBalancer = nodeList.read();
    Sample now = sample();
    while (samples.size() > 1 && now.nanos() - samples.getFirst().nanos() > WINDOW_NANOS) {
      samples.removeFirst();
    }
    Sample before = samples.getFirst();
    samples.addLast(now);
    double seconds = Math.max(1, now.nanos() - before.nanos()) / 1e9;
    List<Board.Function> columns = new ArrayList<>();
    List<String> ids = List.copyOf(functions.values());
    for (int i = 0; i < ids.size(); i++) {
      columns.add(function(ids.get(i), before.traffic().get(i), now, i, seconds));
    }
    List<Board.Node> nodes = nodes(inBalancer, before, now, seconds);
    long online = nodes.stream().filter(node -> node.state() == State.ONLINE).count();
    return new Board(
        title(columns, inBalancer != null, online),
        nodes,
        columns,
        remarks(inBalancer != null, online, now));
  }

  private Sample sample() {
    Map<String, Map<String, FunctionRow>> rows = new HashMap<>();
    for (FunctionRow row : cluster.rows()) {
      rows.computeIfAbsent(row.node(), name -> new HashMap<>()).put(row.functionId(), row);
    }
    return new Sample(System.nanoTime(), rows, traffic.rows());
  }

  private static Board.Function function(
      String id, TrafficRow before, Sample sample, int index, double seconds) {
    TrafficRow now = sample.traffic().get(index);
    Histogram recent = now.latencies().copy();
    recent.subtract(before.latencies());
    long coldStarts = 0;
    for (Map<String, FunctionRow> rows : sample.rows().values()) {
      FunctionRow row = rows.get(id);
      coldStarts += row == null ? 0 : row.coldStarts();
    }
    return new Board.Function(
        now.function(),
        (now.calls() - before.calls()) / seconds,
        recent.getTotalCount() == 0 ? Double.NaN : recent.getValueAtPercentile(99) / 1e3,
        coldStarts,
        now.errorCount());
  }

  private List<Board.Node> nodes(
      @Nullable Map<String, String> inBalancer, Sample before, Sample now, double seconds) {
    List<Board.Node> nodes = new ArrayList<>();
    Set<String> ours = new HashSet<>();
    for (FnNode node : cluster.nodes()) {
      ours.add(node.name());
      List<@Nullable Cell> cells = new ArrayList<>();
      for (String id : functions.values()) {
        FunctionRow row = row(now, node.name(), id);
        FunctionRow earlier = row(before, node.name(), id);
        long calls = (row == null ? 0 : row.calls()) - (earlier == null ? 0 : earlier.calls());
        cells.add(new Cell(row == null ? 0 : row.hot(), calls / seconds));
      }
      nodes.add(new Board.Node(node.name(), state(node.name(), inBalancer), cells));
    }
    if (inBalancer == null) {
      return nodes;
    }
    List<@Nullable Cell> unknown = Collections.nCopies(functions.size(), null);
    inBalancer.forEach(
        (name, told) -> {
          if (!ours.contains(name)) {
            nodes.add(new Board.Node(name, state(told), unknown));
          }
        });
    return nodes;
  }

  private static @Nullable FunctionRow row(Sample sample, String node, String id) {
    return sample.rows().getOrDefault(node, Map.of()).get(id);
  }

  private State state(String node, @Nullable Map<String, String> inBalancer) {
    if (inBalancer == null) {
      return State.UNKNOWN;
    }
    String told = inBalancer.get(node);
    if (told == null) {
      return everIn.contains(node) ? State.REMOVED : State.SPARE;
    }
    everIn.add(node);
    return state(told);
  }

  private static State state(String told) {
    return told.equals("online") ? State.ONLINE : State.OFFLINE;
  }

  private String title(List<Board.Function> columns, boolean told, long online) {
    double rate = columns.stream().mapToDouble(Board.Function::callsPerSecond).sum();
    String title =
        String.format(
            Locale.ROOT,
            "fnlb demo, %d s: %.1f calls/s",
            Duration.ofNanos(System.nanoTime() - startNanos).toSeconds(),
            rate);
    return told ? title + ", " + online + " nodes online" : title;
  }

  private List<String> remarks(boolean told, long online, Sample now) {
    List<String> remarks = new ArrayList<>();
    if (!told) {
      remarks.add("The balancer does not tell its nodes.");
    } else if (online == 0) {
      remarks.add("No node in the balancer is online: calls are answered with 503.");
    }
    String errors = errors(now.traffic());
    if (!errors.isEmpty()) {
      remarks.add("Errors since the start: " + errors);
    }
    if (traffic.notSent() > 0) {
      remarks.add("Calls that could not be sent in time: " + traffic.notSent());
    }
    return remarks;
  }

  /** The most frequent errors with their counts; empty when there were none. */
  static String errors(List<TrafficRow> rows) {
    Map<String, Long> counts = new TreeMap<>();
    rows.forEach(row -> row.errors().forEach((kind, n) -> counts.merge(kind, n, Long::sum)));
    List<String> kinds =
        counts.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
            .limit(MAX_KINDS_OF_ERRORS)
            .map(entry -> entry.getKey() + ": " + entry.getValue())
            .toList();
    return String.join(", ", kinds);
  }
}
