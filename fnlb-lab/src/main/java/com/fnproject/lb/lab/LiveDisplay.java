package com.fnproject.lb.lab;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A table that is redrawn in place, on the terminal's second screen, so that what was there before
 * comes back at the end. Whatever is typed or printed in between is painted over.
 */
final class LiveDisplay implements Display {
  private static final String ENTER = "\033[?1049h\033[?25l\033[2J";
  private static final String LEAVE = "\033[0m\033[?7h\033[?25h\033[?1049l";
  private static final String HOME = "\033[H";
  private static final String CLEAR_LINE = "\033[K";
  private static final String CLEAR_TO_END = "\033[J";
  private static final String NEXT_LINE = "\r\n";
  private static final String CUT_LONG_LINES = "\033[?7l";
  private static final String WRAP_LONG_LINES = "\033[?7h";

  private static final int MIN_NODES = 4;
  private static final int MAX_NOTICES = 8;

  private final DemoTable table;
  private final Ink ink;
  private final PrintStream out;
  private final Notices notices;
  private final Object screen = new Object();
  private List<String> introduction = List.of();
  private boolean shown;

  LiveDisplay(PrintStream out, boolean noColour, Notices notices) {
    this.out = out;
    this.ink = noColour ? Ink.NONE : Ink.ANSI;
    this.table = new DemoTable(ink);
    this.notices = notices;
  }

  @Override
  public Duration period() {
    return Duration.ofSeconds(1);
  }

  @Override
  public void open(List<String> lines) {
    synchronized (screen) {
      introduction = List.copyOf(lines);
      shown = true;
      out.print(ENTER + HOME + String.join(NEXT_LINE, introduction));
      out.flush();
    }
  }

  @Override
  public boolean show(Board board) {
    String text = text(board, WindowSize.now());
    synchronized (screen) {
      if (shown) {
        out.print(text);
      }
      return !out.checkError();
    }
  }

  @Override
  public void close() {
    synchronized (screen) {
      if (shown) {
        shown = false;
        out.print(LEAVE);
        out.flush();
      }
    }
  }

  /**
   * One picture, never more lines than the window has. The introduction gives way to the nodes when
   * they are many, notices take what is left.
   */
  String text(Board board, WindowSize window) {
    int rows = window.rows() - 1;
    int wrapped = introduction.stream().mapToInt(line -> lines(line, window.columns())).sum();
    int around = 2 + DemoTable.OTHER_LINES + board.remarks().size();
    boolean roomy = rows - around - wrapped - 1 >= Math.min(MIN_NODES, board.nodes().size());
    int below = roomy ? wrapped + 1 : 0;
    int maxNodes = Math.max(1, rows - around - below);
    List<String> upper = new ArrayList<>();
    upper.add(ink.bold(cut(board.title(), window)));
    upper.add("");
    upper.addAll(table.lines(board, maxNodes));
    board.remarks().forEach(remark -> upper.add(ink.bad(cut(remark, window))));
    StringBuilder text = new StringBuilder(HOME).append(CUT_LONG_LINES);
    int used = Math.min(rows, upper.size());
    for (String line : upper.subList(0, used)) {
      text.append(CLEAR_LINE).append(line).append(NEXT_LINE);
    }
    text.append(CLEAR_TO_END);
    if (roomy) {
      text.append(NEXT_LINE).append(WRAP_LONG_LINES);
      introduction.forEach(line -> text.append(line).append(NEXT_LINE));
      text.append(CUT_LONG_LINES);
      used += 1 + wrapped;
    }
    List<String> log = notices.last(Math.min(rows - used - 1, MAX_NOTICES));
    if (!log.isEmpty()) {
      text.append(NEXT_LINE);
      log.forEach(line -> text.append(ink.dim(cut(line, window))).append(NEXT_LINE));
    }
    return text.append(WRAP_LONG_LINES).toString();
  }

  private static String cut(String line, WindowSize window) {
    return line.substring(0, Math.min(line.length(), window.columns()));
  }

  /** How many rows a line takes when it wraps. */
  private static int lines(String line, int columns) {
    return Math.max(1, Math.ceilDiv(line.length(), columns));
  }
}
