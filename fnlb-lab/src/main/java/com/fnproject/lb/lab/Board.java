package com.fnproject.lb.lab;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the demo shows of one moment. Rates and percentiles are those of the last seconds, counts
 * those since the start.
 *
 * @param title one line about the whole
 * @param nodes one row each; their cells are in the order of the functions
 * @param remarks what needs saying besides
 */
record Board(String title, List<Node> nodes, List<Function> functions, List<String> remarks) {

  /** How a node stands with the balancer. */
  enum State {
    ONLINE,
    OFFLINE,
    /** It was in the balancer. */
    REMOVED,
    /** It has not been in the balancer yet. */
    SPARE,
    /** The balancer does not say. */
    UNKNOWN
  }

  /** A function on a node; null for a node that is not one of the demo's. */
  record Cell(int hot, double callsPerSecond) {}

  /** A node. */
  record Node(String name, State state, List<@Nullable Cell> cells) {}

  /**
   * A function on all nodes, its calls as the clients see them.
   *
   * @param p99Millis not a number when there were no calls
   */
  record Function(
      String name, double callsPerSecond, double p99Millis, long coldStarts, long errors) {}
}
