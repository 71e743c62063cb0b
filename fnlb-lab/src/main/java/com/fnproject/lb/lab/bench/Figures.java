package com.fnproject.lb.lab.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What one run of a policy on a workload comes to, of the counted calls. The terms are those of
 * docs/routing.md. NaN = does not apply.
 *
 * @param calls how many were counted
 * @param coldPercent of the calls that ran: ran as the first call of their container
 * @param launches container starts per 1,000 calls
 * @param rejectedPercent calls that no function answered within the patience
 * @param imbalance greatest / mean node utilisation
 * @param movedPercent of the functions that were called enough around a loss or an addition: their
 *     most used node is another one, though the old one lives
 * @param latePercent calls that the bench itself sent more than 10 ms too late; 0 in virtual time
 */
record Figures(
    int calls,
    double coldPercent,
    double launches,
    double p50Slowdown,
    double p99Slowdown,
    double rejectedPercent,
    double imbalance,
    double movedPercent,
    double latePercent) {

  /** A column of the table. */
  record Column(String title, ToDoubleFunction<Figures> value) {}

  static final List<Column> COLUMNS =
      List.of(
          new Column("cold %", Figures::coldPercent),
          new Column("launches", Figures::launches),
          new Column("p50 slowdown", Figures::p50Slowdown),
          new Column("p99 slowdown", Figures::p99Slowdown),
          new Column("rejected %", Figures::rejectedPercent),
          new Column("imbalance", Figures::imbalance),
          new Column("moved %", Figures::movedPercent));

  /** Live, how well the bench kept time says whether to believe the rest. */
  static final List<Column> LIVE_COLUMNS =
      Stream.concat(COLUMNS.stream(), Stream.of(new Column("late %", Figures::latePercent)))
          .toList();
}
