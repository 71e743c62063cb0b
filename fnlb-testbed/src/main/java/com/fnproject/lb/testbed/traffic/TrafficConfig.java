package com.fnproject.lb.testbed.traffic;

import java.time.Duration;

/**
 * Where a traffic goes and how much of it there is.
 *
 * @param callsPerSecond the mean rate; calls arrive as a Poisson process, whatever becomes of the
 *     earlier ones
 * @param maxOutstanding most calls under way at once, which is also the most connections
 * @param patience how long the head of an answer may take, and its body again
 * @param closeGrace how long {@link Traffic#close()} lets calls finish
 * @param seed of arrivals and of what is called
 */
public record TrafficConfig(
    String host,
    int port,
    double callsPerSecond,
    int maxOutstanding,
    Duration patience,
    Duration closeGrace,
    long seed) {

  private static final int MAX_CALLS_PER_SECOND = 100_000;
  private static final int MAX_OUTSTANDING = 100_000;

  public TrafficConfig {
    if (!(callsPerSecond > 0) || callsPerSecond > MAX_CALLS_PER_SECOND) {
      throw new IllegalArgumentException(
          "callsPerSecond: %s (expected: above 0, at most %d)"
              .formatted(callsPerSecond, MAX_CALLS_PER_SECOND));
    }
    if (maxOutstanding < 1 || maxOutstanding > MAX_OUTSTANDING) {
      throw new IllegalArgumentException(
          "maxOutstanding: %d (expected: 1 to %d)".formatted(maxOutstanding, MAX_OUTSTANDING));
    }
    if (!patience.isPositive()) {
      throw new IllegalArgumentException("patience: " + patience + " (expected: above 0)");
    }
  }

  /** 100 calls a second, at most 1,000 under way, to this port. */
  public static TrafficConfig to(String host, int port) {
    return new TrafficConfig(
        host, port, 100, 1_000, Duration.ofSeconds(30), Duration.ofSeconds(1), 42);
  }

  public TrafficConfig callsPerSecond(double rate) {
    return new TrafficConfig(host, port, rate, maxOutstanding, patience, closeGrace, seed);
  }

  public TrafficConfig maxOutstanding(int calls) {
    return new TrafficConfig(host, port, callsPerSecond, calls, patience, closeGrace, seed);
  }

  public TrafficConfig patience(Duration time) {
    return new TrafficConfig(host, port, callsPerSecond, maxOutstanding, time, closeGrace, seed);
  }

  public TrafficConfig closeGrace(Duration time) {
    return new TrafficConfig(host, port, callsPerSecond, maxOutstanding, patience, time, seed);
  }

  public TrafficConfig seed(long number) {
    return new TrafficConfig(
        host, port, callsPerSecond, maxOutstanding, patience, closeGrace, number);
  }
}
