package com.fnproject.lb.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.lab.Board.Cell;
import com.fnproject.lb.lab.Board.State;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiveDisplayTest {
  private static final List<String> INTRODUCTION =
      List.of("Try this:", " curl " + "x".repeat(74), " curl " + "y".repeat(90));

  private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
  private final Notices notices = new Notices();
  private final LiveDisplay display =
      new LiveDisplay(
          new PrintStream(screen, true, StandardCharsets.UTF_8), /* noColour= */ true, notices);

  @Test
  void givesTheTerminalBackAsItWas() {
    display.close();
    assertThat(screen.toString(StandardCharsets.UTF_8)).isEmpty();
    display.open(INTRODUCTION);
    assertThat(screen.toString(StandardCharsets.UTF_8)).contains("\033[?1049h", "\033[?25l");
    screen.reset();
    display.close();
    display.close();
    assertThat(screen.toString(StandardCharsets.UTF_8))
        .isEqualTo("\033[0m\033[?7h\033[?25h\033[?1049l");
    screen.reset();
    assertThat(display.show(board(1))).isTrue();
    assertThat(screen.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"3,24,80", "3,24,40", "20,24,80", "20,60,120", "3,12,80", "20,5,20", "3,1,1"})
  void neverNeedsMoreRowsThanTheWindowHas(int nodes, int rows, int columns) {
    for (int i = 0; i < 20; i++) {
      notices.stream().println("notice " + i + " " + "z".repeat(200));
    }
    display.open(INTRODUCTION);
    String text = display.text(board(nodes), new WindowSize(rows, columns));
    int used = 0;
    for (String line : text.split("\r\n", -1)) {
      boolean wraps = line.contains(" curl ");
      int length = line.replaceAll("\033\\[[?0-9]*[a-zA-Z]", "").length();
      used += wraps ? Math.ceilDiv(length, columns) : 1;
    }
    assertThat(used).isLessThanOrEqualTo(rows);
  }

  @Test
  void leavesTheCurlLinesWholeAndShowsTheLastNoticesBelow() {
    notices.stream().print("one\ntwo\033[2J\nunfinished");
    display.open(INTRODUCTION);
    String text = display.text(board(3), new WindowSize(30, 80));
    assertThat(text).contains(INTRODUCTION.get(2) + "\r\n").contains("one\r\ntwo [2J\r\n");
    assertThat(text).doesNotContain("unfinished");
    assertThat(text.indexOf("errors")).isLessThan(text.indexOf("Try this:"));
    assertThat(text.indexOf("Try this:")).isLessThan(text.indexOf("one\r\n"));
  }

  @Test
  void tellsHowManyNodesItHasNoRoomFor() {
    display.open(INTRODUCTION);
    String text = display.text(board(20), new WindowSize(24, 80));
    assertThat(text).containsPattern("node-1 .*online").doesNotContain("node-19 ");
    assertThat(text).containsPattern("and [0-9]+ more nodes, [0-9]+ of them online");
    assertThat(display.text(board(20), new WindowSize(50, 80))).contains("node-19 ");
  }

  @Test
  void drawsATableOfNodesAndFunctions() {
    Board board =
        new Board(
            "title",
            List.of(
                new Board.Node(
                    "127.0.0.1:65535",
                    State.ONLINE,
                    List.of(new Cell(3, 90.24), new Cell(0, 0), new Cell(0, 0.4))),
                new Board.Node(
                    "a-very-long-name.example.com:8080",
                    State.OFFLINE,
                    java.util.Arrays.asList(null, null, null))),
            List.of(
                new Board.Function("hello", 90.24, 7.25, 3, 0),
                new Board.Function("thumbnail", 0, Double.NaN, 0, 12),
                new Board.Function("report", 0.4, 2_214.6, 11, 0)),
            List.of());
    assertThat(new DemoTable(Ink.NONE).lines(board, 9))
        .containsExactly(
            "                                     hello   thumbnail      report",
            "node                  state     hot     /s  hot     /s  hot     /s",
            "127.0.0.1:65535       online      3   90.2    -      -    -    0.4",
            "a-very-long-name.exa~ offline     ?      ?    ?      ?    ?      ?",
            "calls/s                               90.2         0.0         0.4",
            "p99                                 7.3 ms           -      2.21 s",
            "cold starts                              3           0          11",
            "errors                                   0          12           0");
  }

  private static Board board(int nodes) {
    List<Board.Node> rows = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      rows.add(new Board.Node("node-" + i, State.ONLINE, List.of(new Cell(1, 1), new Cell(0, 0))));
    }
    return new Board(
        "title",
        rows,
        List.of(new Board.Function("hello", 1, 5, 1, 0), new Board.Function("report", 0, 5, 1, 0)),
        List.of("remark"));
  }
}
