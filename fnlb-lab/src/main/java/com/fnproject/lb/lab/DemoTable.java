package com.fnproject.lb.lab;

import com.fnproject.lb.lab.Board.Cell;
import com.fnproject.lb.lab.Board.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The table of nodes and functions as lines of at most 80 characters. Stateless. */
final class DemoTable {
  /** Lines besides those of the nodes. */
  static final int OTHER_LINES = 6;

  private static final int NAME = 21;
  private static final int STATE = 8;
  private static final int HOT = 5;
  private static final int RATE = 7;

  private final Ink ink;

  DemoTable(Ink ink) {
    this.ink = ink;
  }

  /**
   * Draws the table.
   *
   * @param maxNodes most rows of nodes; what is over that is told in the last of them
   */
  List<String> lines(Board board, int maxNodes) {
    List<String> lines = new ArrayList<>();
    StringBuilder names = new StringBuilder(" ".repeat(NAME + 1 + STATE));
    StringBuilder units = new StringBuilder(left("node", NAME + 1)).append(left("state", STATE));
    for (Board.Function function : board.functions()) {
      names.append(right(function.name(), HOT + RATE));
      units.append(right("hot", HOT)).append(right("/s", RATE));
    }
    lines.add(ink.bold(names.toString()));
    lines.add(ink.dim(units.toString()));
    List<Board.Node> nodes = board.nodes();
    int shown = nodes.size() <= maxNodes ? nodes.size() : Math.max(0, maxNodes - 1);
    for (Board.Node node : nodes.subList(0, shown)) {
      lines.add(line(node));
    }
    if (shown < nodes.size()) {
      lines.add(more(nodes.subList(shown, nodes.size())));
    }
    lines.add(footer(board, "calls/s", function -> rate(function.callsPerSecond())));
    lines.add(footer(board, "p99", function -> millis(function.p99Millis())));
    lines.add(counts(board, "cold starts", Board.Function::coldStarts, false));
    lines.add(counts(board, "errors", Board.Function::errors, true));
    return lines;
  }

  private String line(Board.Node node) {
    StringBuilder line = new StringBuilder(left(node.name(), NAME)).append(' ');
    String state = left(node.state().name().toLowerCase(Locale.ROOT), STATE);
    line.append(
        switch (node.state()) {
          case ONLINE -> ink.good(state);
          case OFFLINE -> ink.bad(state);
          case REMOVED, SPARE, UNKNOWN -> ink.dim(state);
        });
    for (@Nullable Cell cell : node.cells()) {
      if (cell == null) {
        line.append(ink.dim(right("?", HOT) + right("?", RATE)));
      } else {
        String hot = right(cell.hot() == 0 ? "-" : Integer.toString(cell.hot()), HOT);
        String rate = right(cell.callsPerSecond() == 0 ? "-" : rate(cell.callsPerSecond()), RATE);
        line.append(cell.hot() == 0 ? ink.dim(hot) : ink.bold(hot));
        line.append(cell.callsPerSecond() == 0 ? ink.dim(rate) : rate);
      }
    }
    return line.toString();
  }

  private String more(List<Board.Node> rest) {
    long online = rest.stream().filter(node -> node.state() == State.ONLINE).count();
    return ink.dim("and " + rest.size() + " more nodes, " + online + " of them online");
  }

  private String footer(Board board, String label, Function<Board.Function, String> value) {
    StringBuilder line = new StringBuilder(ink.dim(left(label, NAME + 1 + STATE)));
    for (Board.Function function : board.functions()) {
      line.append(right(value.apply(function), HOT + RATE));
    }
    return line.toString();
  }

  private String counts(
      Board board, String label, ToLongFunction<Board.Function> count, boolean bad) {
    return footer(
        board,
        label,
        function -> {
          long number = count.applyAsLong(function);
          String text = right(Long.toString(number), HOT + RATE);
          return bad && number > 0 ? ink.bad(text) : text;
        });
  }

  private static String rate(double callsPerSecond) {
    return String.format(Locale.ROOT, "%.1f", callsPerSecond);
  }

  private static String millis(double millis) {
    if (Double.isNaN(millis)) {
      return "-";
    }
    if (millis >= 1_000) {
      return String.format(Locale.ROOT, "%.2f s", millis / 1_000);
    }
    return String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
  }

  private static String left(String text, int width) {
    return text.length() > width
        ? text.substring(0, width - 1) + "~"
        : text + " ".repeat(width - text.length());
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }
}
