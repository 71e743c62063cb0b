package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.ContainerState;
import com.fnproject.lb.testbed.model.FunctionSeries;
import org.HdrHistogram.Histogram;

/**
 * What one function did on one node until now: a cell of a live table.
 *
 * @param hot containers that are idle, paused or busy
 * @param waiting calls that wait for a container
 * @param coldStarts containers started
 * @param refused calls answered "server too busy"
 * @param p50Millis of executed calls, from arrival to end, in the model's time
 */
public record FunctionRow(
    String node,
    String functionId,
    int hot,
    int busy,
    int starting,
    int waiting,
    long coldStarts,
    long evictions,
    long calls,
    long refused,
    double p50Millis,
    double p99Millis) {

  static FunctionRow of(String node, FunctionSeries series, Histogram micros, long nowNanos) {
    return new FunctionRow(
        node,
        series.functionId(),
        series.hot(),
        series.containers(ContainerState.BUSY, nowNanos),
        series.containers(ContainerState.START, nowNanos),
        series.waitingCalls(),
        series.starts(),
        series.evictions(),
        series.calls(),
        series.refused(),
        micros.getValueAtPercentile(50) / 1e3,
        micros.getValueAtPercentile(99) / 1e3);
  }
}
