package com.fnproject.lb.testbed.model;

/**
 * How long containers of a function stayed in one state: the histogram {@code
 * fn_container_<state>_duration_seconds}.
 */
public final class StateDurations {
  /** Upper bounds in milliseconds: Fn's metric says seconds in its name and counts milliseconds. */
  private static final int[] BOUNDS = {1, 10, 50, 250, 1_000, 10_000, 60_000};

  private final long[] counts = new long[BOUNDS.length + 1];
  private long count;
  private long sumNanos;

  StateDurations() {}

  void record(long nanos) {
    count++;
    sumNanos += nanos;
    int bucket = 0;
    while (bucket < BOUNDS.length && nanos > BOUNDS[bucket] * 1_000_000L) {
      bucket++;
    }
    counts[bucket]++;
  }

  public int buckets() {
    return BOUNDS.length;
  }

  public int boundMillis(int bucket) {
    return BOUNDS[bucket];
  }

  /** How many were at most as long as the bound of this bucket. */
  public long cumulative(int bucket) {
    long total = 0;
    for (int i = 0; i <= bucket; i++) {
      total += counts[i];
    }
    return total;
  }

  public long count() {
    return count;
  }

  public double sumMillis() {
    return sumNanos / 1e6;
  }
}
