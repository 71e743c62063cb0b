package com.fnproject.lb.testbed.traffic;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** The counts of one function. Thread-safe; each row is consistent in itself. */
final class Tally {
  private static final long MAX_MICROS = 3_600_000_000L;

  private final String function;
  private final Map<String, Long> errors = new TreeMap<>();
  private final Histogram latencies = new Histogram(MAX_MICROS, 2);
  private long calls;

  Tally(String function) {
    this.function = function;
  }

  synchronized void answered(int status, long nanos) {
    if (status >= 400) {
      failed(Integer.toString(status));
      return;
    }
    calls++;
    latencies.recordValue(Math.min(nanos / 1_000, MAX_MICROS));
  }

  synchronized void failed(String how) {
    calls++;
    errors.merge(how, 1L, Long::sum);
  }

  synchronized TrafficRow row() {
    return new TrafficRow(function, calls, Map.copyOf(errors), latencies.copy());
  }
}
