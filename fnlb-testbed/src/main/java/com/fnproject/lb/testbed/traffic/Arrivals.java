package com.fnproject.lb.testbed.traffic;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * When the next call is due and which it is: a Poisson process over weighted targets, the same for
 * the same seed. Belongs to one thread.
 */
final class Arrivals {
  private final RandomGenerator random;
  private final double meanGapNanos;
  private final double[] cumulativeWeights;
  private long dueNanos;

  Arrivals(long seed, double callsPerSecond, List<TrafficTarget> targets, long startNanos) {
    random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    meanGapNanos = 1e9 / callsPerSecond;
    cumulativeWeights = new double[targets.size()];
    double sum = 0;
    for (int i = 0; i < cumulativeWeights.length; i++) {
      sum += targets.get(i).weight();
      cumulativeWeights[i] = sum;
    }
    dueNanos = startNanos;
  }

  /** Goes on to the next call; answers the index of its target. */
  int next() {
    dueNanos += (long) (meanGapNanos * random.nextExponential());
    double point = random.nextDouble(cumulativeWeights[cumulativeWeights.length - 1]);
    int i = 0;
    while (cumulativeWeights[i] <= point) {
      i++;
    }
    return i;
  }

  /** When the call that {@link #next} answered is due, in the clock's nanoseconds. */
  long dueNanos() {
    return dueNanos;
  }
}
