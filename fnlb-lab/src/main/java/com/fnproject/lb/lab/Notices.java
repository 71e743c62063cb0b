package com.fnproject.lb.lab;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The last lines of the log, kept for a table that shows them where it has room. Thread-safe. */
final class Notices {
  private static final int MAX_LINES = 50;
  private static final int MAX_LINE = 400;

  private final Deque<String> lines = new ArrayDeque<>();
  private final StringBuilder line = new StringBuilder();

  /** What is written to this becomes notices. */
  PrintStream stream() {
    return new PrintStream(
        new OutputStream() {
          @Override
          public void write(int b) {
            take((char) (b & 0xff));
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            for (int i = offset; i < offset + length; i++) {
              take((char) (bytes[i] & 0xff));
            }
          }
        },
        true,
        StandardCharsets.US_ASCII);
  }

  /** At most so many of the last lines, oldest first. */
  synchronized List<String> last(int count) {
    List<String> all = List.copyOf(lines);
    return all.subList(Math.max(0, all.size() - Math.max(0, count)), all.size());
  }

  private synchronized void take(char c) {
    if (c != '\n') {
      if (line.length() < MAX_LINE) {
        line.append(c < ' ' ? ' ' : c);
      }
      return;
    }
    lines.addLast(line.toString().stripTrailing());
    line.setLength(0);
    if (lines.size() > MAX_LINES) {
      lines.removeFirst();
    }
  }
}
