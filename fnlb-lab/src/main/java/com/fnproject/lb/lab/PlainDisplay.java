package com.fnproject.lb.lab;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/** A table now and then, for files, pipes and logs. */
final class PlainDisplay implements Display {
  /** Most rows of nodes, whatever somebody has added. */
  static final int MAX_NODES = 40;

  private final DemoTable table = new DemoTable(Ink.NONE);
  private final PrintStream out;

  PlainDisplay(PrintStream out) {
    this.out = out;
  }

  @Override
  public Duration period() {
    return Duration.ofSeconds(2);
  }

  @Override
  public void open(List<String> introduction) {
    introduction.forEach(out::println);
    out.flush();
  }

  @Override
  public boolean show(Board board) {
    out.println();
    out.println(board.title());
    table.lines(board, MAX_NODES).forEach(out::println);
    board.remarks().forEach(out::println);
    return !out.checkError();
  }

  @Override
  public void close() {
    out.flush();
  }
}
