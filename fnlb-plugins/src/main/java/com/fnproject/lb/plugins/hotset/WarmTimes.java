package com.fnproject.lb.plugins.hotset;

/**
 * How long a function takes when it is warm, and how long its start takes on top; tells warm calls
 * from cold ones. Guarded by its {@link FunctionState}.
 */
final class WarmTimes {

  private static final double UNKNOWN_BASE = 0.1;
  private static final double FIRST_COLD = 1;
  private static final double LEAST_COLD = 0.05;

  /** No start takes longer: Fn gives up after five seconds. */
  private static final double MOST_COLD = 5;

  private static final double COLD_LEARNING = 0.2;

  /** Starts vary by this much around the mean of their logarithm. */
  private static final double COLD_SIGMA = 0.5;

  private static final double LEAST_SIGMA = 0.15;

  /** One warm call in 700 takes longer than so many sigmas say. */
  private static final double LONGEST_SIGMAS = 3;

  /**
   * What the baseline's rise is spread over: it falls at once, for a function rarely gets slower.
   */
  private static final double BASELINE_SECONDS = 600;

  private long samples;
  private double mean;
  private double variance = 0.25;
  private double logBase;
  private double base = UNKNOWN_BASE;
  private long sampledNanos;
  private double cold = FIRST_COLD;
  private double provisional = Double.POSITIVE_INFINITY;

  /** Whether there is a baseline. */
  boolean known() {
    return samples > 0;
  }

  long samples() {
    return samples;
  }

  /** Seconds that a warm call takes on a node in good health. */
  double base() {
    return base;
  }

  double logBase() {
    return logBase;
  }

  double variance() {
    return variance;
  }

  /** Seconds that a start takes. */
  double cold() {
    return cold;
  }

  /**
   * Whether a call was cold, by comparing two lognormal distributions: of warm times on a node that
   * is as slow as this one, and of starts.
   *
   * @param seconds it took
   * @param slowdown of the node
   * @param prior minus the logarithm of the odds that it was cold
   */
  boolean wasCold(double seconds, double slowdown, double prior) {
    double sigma = sigma();
    double usual = base * Math.max(1, slowdown);
    double z = Math.log(seconds / usual) / sigma;
    if (z < 1) {
      return false;
    }
    if (seconds > 2 * cold + longest(slowdown)) {
      return true;
    }
    double start = seconds - base;
    double startZ = Math.log(start / cold) / COLD_SIGMA;
    double score =
        z * z / 2
            + Math.log(sigma)
            - startZ * startZ / 2
            - Math.log(COLD_SIGMA)
            + Math.log(seconds / start)
            + prior;
    return score > 0;
  }

  /**
   * Seconds after which a warm call on a node that is so much slower than usual is over, but for
   * one in 700.
   */
  double longest(double slowdown) {
    return base * Math.max(1, slowdown) * Math.exp(LONGEST_SIGMAS * sigma());
  }

  private double sigma() {
    return Math.max(LEAST_SIGMA, Math.sqrt(variance));
  }

  /**
   * Whether a call that may have been cold may start the baseline: it was much faster than an
   * earlier one, or much the same.
   */
  boolean startsBaseline(double seconds) {
    boolean muchFaster = Double.isFinite(provisional) && seconds < provisional - 0.3 * cold;
    boolean muchTheSame = seconds < 1.5 * provisional && provisional < 1.5 * seconds;
    provisional = Math.min(provisional, seconds);
    return muchFaster || muchTheSame;
  }

  void learnCold(double seconds) {
    cold = Math.max(LEAST_COLD, cold + COLD_LEARNING * (Math.min(seconds, MOST_COLD) - cold));
  }

  void learnWarm(double seconds, long nowNanos) {
    samples++;
    double gain = Math.max(1.0 / samples, samples > 100 ? 0.02 : 0.05);
    double deviation = Math.log(seconds) - mean;
    mean += gain * deviation;
    double square = Math.min(deviation * deviation, 4);
    variance += Math.max(0.03, 1.0 / (samples + 3)) * (square - variance);
    if (samples < 20 || mean < logBase) {
      logBase = mean;
    } else {
      double passed = (nowNanos - sampledNanos) * HotNode.NANOS;
      logBase += (1 - Math.exp(-passed / BASELINE_SECONDS)) * (mean - logBase);
    }
    base = Math.exp(logBase);
    sampledNanos = nowNanos;
  }

  /** Takes over what another record of the same function has learned, if this one has not. */
  void adopt(WarmTimes other) {
    if (samples > 0 || other.samples == 0) {
      return;
    }
    samples = other.samples;
    mean = other.mean;
    variance = other.variance;
    logBase = other.logBase;
    base = other.base;
    sampledNanos = other.sampledNanos;
    cold = other.cold;
  }
}
