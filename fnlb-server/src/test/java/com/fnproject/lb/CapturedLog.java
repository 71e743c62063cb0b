package com.fnproject.lb;

import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What a class logs from now on until this is closed, one {@code LEVEL text} a line. */
public final class CapturedLog implements AutoCloseable {

  // Held because the library forgets a logger that nobody holds.
  private final Logger logger;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          String text = record.getMessage();
          if (record.getParameters() != null && record.getParameters().length > 0) {
            text = MessageFormat.format(text, record.getParameters());
          }
          lines.add(record.getLevel() + " " + text);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private CapturedLog(Class<?> of) {
    logger = Logger.getLogger(of.getName());
    logger.addHandler(handler);
  }

  public static CapturedLog of(Class<?> of) {
    return new CapturedLog(of);
  }

  public List<String> lines() {
    return List.copyOf(lines);
  }

  /** The lines that contain this. */
  public List<String> lines(String part) {
    return lines.stream().filter(line -> line.contains(part)).toList();
  }

  @Override
  public void close() {
    logger.removeHandler(handler);
  }
}
