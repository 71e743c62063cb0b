package com.fnproject.lb;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * A log record as one line: time in UTC, level, message, then the messages of the exception and its
 * causes. Only where debug is on does an exception's stack trace follow. Public because the logging
 * library makes it by name.
 */
public final class LogLine extends Formatter {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

  /** Made by name. */
  public LogLine() {}

  @Override
  public String format(LogRecord record) {
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(record.getInstant(), line);
    line.append(' ').append(level(record.getLevel())).append(' ');
    line.append(oneLine(formatMessage(record)));
    Throwable thrown = record.getThrown();
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      line.append(": ").append(oneLine(e.toString()));
    }
    line.append(System.lineSeparator());
    if (thrown != null && isDebug(record)) {
      StringWriter trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace));
      line.append(trace);
    }
    return line.toString();
  }

  private static boolean isDebug(LogRecord record) {
    String logger = record.getLoggerName();
    return Logger.getLogger(logger == null ? "" : logger).isLoggable(Level.FINE);
  }

  private static String level(Level level) {
    int value = level.intValue();
    if (value >= Level.SEVERE.intValue()) {
      return "error";
    }
    if (value >= Level.WARNING.intValue()) {
      return "warn ";
    }
    if (value >= Level.INFO.intValue()) {
      return "info ";
    }
    return value >= Level.FINE.intValue() ? "debug" : "trace";
  }

  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append(' ');
        default -> line.append(Character.isISOControl(c) ? '?' : c);
      }
    }
    return line.toString();
  }
}
