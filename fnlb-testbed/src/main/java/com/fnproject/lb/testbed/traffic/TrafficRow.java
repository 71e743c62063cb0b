package com.fnproject.lb.testbed.traffic;

import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What became of a function's calls until now.
 *
 * @param calls that have ended, errors included
 * @param errors how many ended so, by status ("503", from 400 on) or by exception
 *     ("ConnectException")
 * @param latencies of the calls without error, in microseconds from the moment when a call was due
 *     until its whole answer was there; the caller's own copy
 */
public record TrafficRow(
    String function, long calls, Map<String, Long> errors, Histogram latencies) {

  /** How many calls ended with an error of any kind. */
  public long errorCount() {
    return errors.values().stream().mapToLong(Long::longValue).sum();
  }
}
