package com.fnproject.lb.lab.bench;

import com.fnproject.lb.lab.bench.RoutingBench.Result;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The bench's results as text. */
final class ResultTable {
  private static final String NONE = "-";

  /** Below this, a share of cold calls or a number of launches says "none" and compares as this. */
  private static final double LEAST_RATIO_TERM = 0.01;

  /** A run that rejects more than this, in percent, has collapsed. */
  private static final double COLLAPSED = 1;

  private ResultTable() {}

  /** One workload with one number of balancers: a row for each policy, means over the seeds. */
  static String of(List<Result> results, List<Figures.Column> columns) {
    Result first = results.getFirst();
    Map<String, List<Figures>> rows = byPolicy(results);
    List<Figures> ofFirst = rows.getOrDefault(first.contender().label(), List.of());
    int seeds = ofFirst.size();
    List<List<String>> cells = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("policy"));
    columns.forEach(column -> head.add(column.title()));
    cells.add(head);
    rows.forEach(
        (policy, figures) -> {
          List<String> row = new ArrayList<>(List.of(policy));
          for (Figures.Column column : columns) {
            row.add(cell(spread(figures, column.value())));
          }
          cells.add(row);
        });
    return "%s, %d balancer%s, %d seed%s, %.0f calls counted%n%s%n"
        .formatted(
            first.workload(),
            first.balancers(),
            first.balancers() == 1 ? "" : "s",
            seeds,
            seeds == 1 ? "" : "s",
            spread(ofFirst, Figures::calls).mean(),
            aligned(cells));
  }

  /** All workloads in one table, relative to the first policy. */
  static String summary(List<Result> results) {
    Map<String, Map<String, List<Figures>>> tables = new LinkedHashMap<>();
    Map<String, List<Result>> byTable = new LinkedHashMap<>();
    for (Result result : results) {
      byTable
          .computeIfAbsent(
              result.workload() + "/" + result.balancers(), absent -> new ArrayList<>())
          .add(result);
    }
    byTable.forEach((name, ofTable) -> tables.put(name, byPolicy(ofTable)));
    String reference = results.getFirst().contender().label();
    List<List<String>> cells = new ArrayList<>();
    cells.add(
        List.of(
            "policy",
            "cold",
            "launches",
            "p50 slowdown",
            "p99 slowdown",
            "collapsed",
            "worst cold",
            "worst p99 slowdown"));
    Map<String, List<Figures>> all = byPolicy(results);
    for (String policy : all.keySet()) {
      List<Figures> runs = all.getOrDefault(policy, List.of());
      long collapsed = runs.stream().filter(run -> run.rejectedPercent() > COLLAPSED).count();
      Ratios cold = new Ratios(tables, policy, reference, Figures::coldPercent);
      Ratios p99 = new Ratios(tables, policy, reference, Figures::p99Slowdown);
      cells.add(
          List.of(
              policy,
              number(cold.mean()),
              number(new Ratios(tables, policy, reference, Figures::launches).mean()),
              number(new Ratios(tables, policy, reference, Figures::p50Slowdown).mean()),
              number(p99.mean()),
              collapsed + " of " + runs.size(),
              cold.worst(),
              p99.worst()));
    }
    return "all, relative to %s: geometric means over %d tables, and the worst of them%n%s"
        .formatted(reference, tables.size(), aligned(cells));
  }

  /** One figure of one policy relative to another's, in every table. */
  private static final class Ratios {
    private double sumOfLogs;
    private int count;
    private double worst;
    private String worstTable = "";

    Ratios(
        Map<String, Map<String, List<Figures>>> tables,
        String policy,
        String reference,
        ToDoubleFunction<Figures> value) {
      tables.forEach(
          (table, rows) -> {
            double ratio =
                term(rows.getOrDefault(policy, List.of()), value)
                    / term(rows.getOrDefault(reference, List.of()), value);
            if (ratio > 0) {
              sumOfLogs += Math.log(ratio);
              count++;
              if (ratio > worst) {
                worst = ratio;
                worstTable = table;
              }
            }
          });
    }

    /** The geometric mean over the seeds: one run that collapsed is not to drown the others. */
    private static double term(List<Figures> figures, ToDoubleFunction<Figures> value) {
      double sumOfLogs = 0;
      for (Figures run : figures) {
        sumOfLogs += Math.log(Math.max(LEAST_RATIO_TERM, value.applyAsDouble(run)));
      }
      return Math.exp(sumOfLogs / figures.size());
    }

    double mean() {
      return count == 0 ? Double.NaN : Math.exp(sumOfLogs / count);
    }

    String worst() {
      return count == 0 ? NONE : number(worst) + " " + worstTable;
    }
  }

  private static Map<String, List<Figures>> byPolicy(List<Result> results) {
    Map<String, List<Figures>> rows = new LinkedHashMap<>();
    for (Result result : results) {
      rows.computeIfAbsent(result.contender().label(), absent -> new ArrayList<>())
          .add(result.figures());
    }
    return rows;
  }

  private static Spread spread(List<Figures> figures, ToDoubleFunction<Figures> value) {
    return Spread.of(figures.stream().mapToDouble(value).toArray());
  }

  private static String cell(Spread spread) {
    return Double.isNaN(spread.half())
        ? number(spread.mean())
        : number(spread.mean()) + " +-" + number(spread.half());
  }

  private static String number(double value) {
    if (Double.isNaN(value)) {
      return NONE;
    }
    int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  /** Columns as wide as their widest cell: the first to the left, the others to the right. */
  private static String aligned(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        String cell = row.get(c);
        String fill = " ".repeat(widths[c] - cell.length());
        text.append(c == 0 ? "" : "  ").append(c == 0 ? cell + fill : fill + cell);
      }
      text.append('\n');
    }
    return text.toString();
  }
}
