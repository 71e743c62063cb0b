package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSnapshot;
import org.jspecify.annotations.Nullable;

/** The weights of a snapshot's nodes. */
public final class Weights {

  private Weights() {}

  /**
   * The weights in the snapshot's order.
   *
   * @param snapshot the nodes
   * @return null if all weigh the same, which every policy has a shorter way for
   */
  public static double @Nullable [] of(NodeSnapshot snapshot) {
    double[] weights = new double[snapshot.size()];
    boolean equal = true;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = snapshot.node(i).weight();
      equal &= weights[i] == weights[0];
    }
    return equal ? null : weights;
  }

  /** Each one's share of their sum. */
  static double[] shares(double[] weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    return divided(weights, sum);
  }

  /** Each one as a fraction of the greatest. */
  static double[] ofGreatest(double[] weights) {
    double greatest = 0;
    for (double weight : weights) {
      greatest = Math.max(greatest, weight);
    }
    return divided(weights, greatest);
  }

  private static double[] divided(double[] weights, double by) {
    double[] quotients = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      quotients[i] = weights[i] / by;
    }
    return quotients;
  }
}
