package com.fnproject.lb.lab.bench;

/**
 * The mean of a few measurements and how far off it may be.
 *
 * @param half half of the 95 % confidence interval, by Student's t; NaN for a single measurement
 */
record Spread(double mean, double half) {
  /** Two-sided 95 % quantiles of Student's t for 1, 2, … degrees of freedom. */
  private static final double[] T = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042
  };

  /** Of the normal distribution: from here on t is within 2 % of it. */
  private static final double T_OF_MANY = 1.960;

  /** The spread of measurements; those that are NaN are left out. NaN when none is left. */
  static Spread of(double... values) {
    int count = 0;
    double sum = 0;
    for (double value : values) {
      if (!Double.isNaN(value)) {
        count++;
        sum += value;
      }
    }
    if (count < 2) {
      return new Spread(count == 0 ? Double.NaN : sum, Double.NaN);
    }
    double mean = sum / count;
    double squares = 0;
    for (double value : values) {
      squares += Double.isNaN(value) ? 0 : (value - mean) * (value - mean);
    }
    double t = count - 2 < T.length ? T[count - 2] : T_OF_MANY;
    return new Spread(mean, t * Math.sqrt(squares / (count - 1) / count));
  }
}
