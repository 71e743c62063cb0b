package com.fnproject.lb.plugins.hotset;

/**
 * The chance that a node is warm for a function though this balancer holds no proof of it ("h"):
 * other balancers may have sent calls there, for the order of nodes is the same in all of them.
 * Learned for the function's first, second and further nodes, and for how often it is called. Races
 * cost accuracy only.
 */
final class Trust {

  private static final int ROWS = 3;
  private static final int COLUMNS = 12;
  private static final double LEARNING = 0.03;

  private final double[] chance = new double[ROWS * COLUMNS];

  /** Starts with a chance for the first node, half of it for the second, a fifth for others. */
  Trust(double home) {
    for (int column = 0; column < COLUMNS; column++) {
      chance[column] = home;
      chance[COLUMNS + column] = home / 2;
      chance[2 * COLUMNS + column] = home / 5;
    }
  }

  static int row(int rank) {
    return Math.min(rank, ROWS - 1);
  }

  /** The octave of a rate, which is in calls a second: 0 below 1/64, 11 from 32 on. */
  static int column(double rate) {
    int octave = 63 - Long.numberOfLeadingZeros((long) (64 * rate) + 1);
    return Math.min(octave, COLUMNS - 1);
  }

  double chance(int row, int column) {
    return chance[row * COLUMNS + column];
  }

  void learn(int row, int column, boolean warm) {
    int i = row * COLUMNS + column;
    chance[i] += LEARNING * ((warm ? 1 : 0) - chance[i]);
  }
}
