package com.fnproject.lb.fn;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a node's {@code /metrics} is read next: reading may take 1 % of the node's time, and all
 * readings together 1 % of the balancer's processors. One for each node; not thread-safe.
 */
final class ScrapePace {

  /**
   * What an answer takes a node is about what it costs the node's processor; measured, a page of
   * 200 functions every 100 ms took a hot call's p99 from 2.4 to 13.6 ms.
   */
  private static final int NODE_SHARE = 100;

  /** Of the balancer's processors, for all nodes together. */
  private static final int BALANCER_SHARE = 100;

  /** Keeps nodes, and several balancers, from marching in step. */
  private static final double JITTER = 0.1;

  static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(60);

  private final long min;
  private final long max;
  private final int processors;
  private final RandomGenerator random;
  private long interval;
  private long backOff;
  private int failures;

  ScrapePace(ScrapeConfig config, int processors, RandomGenerator random) {
    this.min = config.minInterval().toNanos();
    this.max = config.maxInterval().toNanos();
    this.processors = processors;
    this.random = random;
    this.interval = min;
  }

  /**
   * The pause after a page.
   *
   * @param tookNanos from before connecting to the end of the page
   * @param workedNanos what unpacking and parsing took of that
   * @param nodes how many nodes are read
   * @return nanoseconds
   */
  long read(long tookNanos, long workedNanos, int nodes) {
    failures = 0;
    double forNode = (double) NODE_SHARE * tookNanos;
    double forUs = (double) BALANCER_SHARE * workedNanos * nodes / processors;
    interval = Math.clamp((long) Math.max(forNode, forUs), min, max);
    return jittered(interval);
  }

  /** The pause after a failure, in nanoseconds: twice the last one, up to a minute. */
  long failed() {
    long longest = Math.max(LONGEST_BACK_OFF.toNanos(), max);
    backOff = Math.min(failures == 0 ? 2 * interval : 2 * backOff, longest);
    failures++;
    return jittered(backOff);
  }

  /** Failures in a row. */
  int failures() {
    return failures;
  }

  private long jittered(long nanos) {
    return (long) (nanos * random.nextDouble(1 - JITTER, 1 + JITTER));
  }
}
