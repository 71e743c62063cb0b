package com.fnproject.lb.plugins.hotset;

/**
 * What a policy must remember of an attempt until its result, in the 64 bits of the call's memo:
 * standing (3 bits, not 0), row (2) and column (4) of {@link Trust}, the node's calls (15), and the
 * age of the container in milliseconds (31).
 */
final class Booking {

  private static final long MAX_CALLS = (1 << 15) - 1;
  private static final double MAX_AGE_MILLIS = Integer.MAX_VALUE;

  private Booking() {}

  /** Never 0. */
  static long of(Standing standing, int row, int column, int nodeCalls, double age) {
    return standing.code
        | (long) row << 3
        | (long) column << 5
        | Math.min(nodeCalls, MAX_CALLS) << 9
        | (long) Math.min(age * 1000, MAX_AGE_MILLIS) << 24;
  }

  static Standing standing(long memo) {
    return Standing.of((int) (memo & 7));
  }

  static int row(long memo) {
    return (int) (memo >>> 3 & 3);
  }

  static int column(long memo) {
    return (int) (memo >>> 5 & 15);
  }

  /** Calls on the node, this one included. */
  static int nodeCalls(long memo) {
    return (int) (memo >>> 9 & MAX_CALLS);
  }

  /** Seconds. */
  static double age(long memo) {
    return (memo >>> 24) / 1000.0;
  }
}
