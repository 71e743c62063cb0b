package com.fnproject.lb.health;

/**
 * What the checks of one node add up to. The first check decides alone; after that a healthy node
 * falls after some failures in a row, and an unhealthy one rises after some successes in a row, as
 * with the original. Belongs to one thread.
 */
final class Verdict {

  /** What is thought of a node. */
  enum State {
    UNKNOWN("unknown"),
    HEALTHY("healthy"),
    UNHEALTHY("unhealthy");

    private final String word;

    State(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  private final int unhealthyAfter;
  private final int healthyAfter;
  private State state = State.UNKNOWN;
  private int inARow;

  /**
   * Creates the verdict on a node that has not been checked.
   *
   * @param unhealthyAfter failures in a row that make a healthy node unhealthy
   * @param healthyAfter successes in a row that make an unhealthy node healthy
   */
  Verdict(int unhealthyAfter, int healthyAfter) {
    this.unhealthyAfter = unhealthyAfter;
    this.healthyAfter = healthyAfter;
  }

  State state() {
    return state;
  }

  /** Takes a check's result into account; returns whether the state has changed. */
  boolean observe(boolean passed) {
    State speaksFor = passed ? State.HEALTHY : State.UNHEALTHY;
    if (state == speaksFor) {
      inARow = 0;
      return false;
    }
    inARow++;
    if (state != State.UNKNOWN && inARow < (passed ? healthyAfter : unhealthyAfter)) {
      return false;
    }
    state = speaksFor;
    inARow = 0;
    return true;
  }
}
