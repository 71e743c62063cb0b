package com.fnproject.lb;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoggingTest {

  @AfterEach
  void reset() {
    Logging.setLevels("info");
  }

  @ParameterizedTest
  @CsvSource({
    "panic, SEVERE, SEVERE",
    "fatal, SEVERE, SEVERE",
    "error, SEVERE, SEVERE",
    "warn, WARNING, WARNING",
    "warning, WARNING, WARNING",
    "Warning, WARNING, WARNING",
    "info, INFO, WARNING",
    "'', INFO, WARNING",
    "loud, INFO, WARNING",
    "debug, FINE, INFO",
    "trace, FINER, FINER",
  })
  void knowsTheOriginalsLevelsAndKeepsHelidonQuiet(String name, String ours, String helidon) {
    Logging.setLevels(name);
    assertThat(lowest("com.fnproject.lb.proxy")).isEqualTo(Level.parse(ours));
    assertThat(lowest("io.helidon.webserver")).isEqualTo(Level.parse(helidon));
  }

  private static Level lowest(String logger) {
    for (Level level :
        new Level[] {Level.FINEST, Level.FINER, Level.FINE, Level.INFO, Level.WARNING}) {
      if (Logger.getLogger(logger).isLoggable(level)) {
        return level;
      }
    }
    return Level.SEVERE;
  }

  @Test
  void writesOneLineWithTimeLevelAndMessage() {
    LogRecord record = record(Level.INFO, "node {0} is\nhealthy\u001b[2J");
    record.setParameters(new Object[] {"a:8080"});
    assertThat(new LogLine().format(record))
        .isEqualTo("2026-11-23T10:00:00.123Z info  node a:8080 is\\nhealthy?[2J\n");
  }

  @ParameterizedTest
  @CsvSource({"SEVERE, 'error'", "WARNING, 'warn '", "FINE, debug", "FINER, trace"})
  void namesTheLevelsAsTheOriginalDid(String level, String name) {
    assertThat(new LogLine().format(record(Level.parse(level), "m")))
        .isEqualTo("2026-11-23T10:00:00.123Z " + name + " m\n");
  }

  @Test
  void showsAnExceptionInTheSameLineAndItsTraceAtDebugOnly() {
    LogRecord record = record(Level.WARNING, "odd");
    record.setThrown(new IllegalStateException("outer", new java.io.IOException("in\nner")));
    String line =
        "2026-11-23T10:00:00.123Z warn  odd: java.lang.IllegalStateException: outer:"
            + " java.io.IOException: in\\nner\n";
    assertThat(new LogLine().format(record)).isEqualTo(line);
    Logging.setLevels("debug");
    assertThat(new LogLine().format(record))
        .startsWith(line)
        .contains("\tat " + LoggingTest.class.getName());
  }

  private static LogRecord record(Level level, String message) {
    LogRecord record = new LogRecord(level, message);
    record.setInstant(Instant.parse("2026-11-23T10:00:00.123456Z"));
    record.setLoggerName("com.fnproject.lb.test");
    return record;
  }
}
