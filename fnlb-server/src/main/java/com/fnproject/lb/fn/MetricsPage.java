package com.fnproject.lb.fn;

/**
 * What one page of a node's {@code /metrics} tells of containers: the functions that it has any of,
 * or that wait for one, and its memory. Immutable.
 */
final class MetricsPage {

  /** Of each function: containers that are idle or paused, busy, and starting; calls that wait. */
  static final int COUNTS = 4;

  static final int IDLE = 0;
  static final int BUSY = 1;
  static final int STARTING = 2;
  static final int WAITING = 3;

  private final String[] keys;
  private final int[] counts;
  private final long memoryUsed;
  private final long memoryFree;
  private final int skipped;

  /** Takes the arrays over. */
  MetricsPage(String[] keys, int[] counts, long memoryUsed, long memoryFree, int skipped) {
    this.keys = keys;
    this.counts = counts;
    this.memoryUsed = memoryUsed;
    this.memoryFree = memoryFree;
    this.skipped = skipped;
  }

  /** How many functions are named with any count above 0. */
  int size() {
    return keys.length;
  }

  /** The routing key of a function, {@code /invoke/} and its id; each stands here once. */
  String key(int i) {
    return keys[i];
  }

  /** One of a function's counts; 0 or more. */
  int count(int i, int which) {
    return counts[i * COUNTS + which];
  }

  /** One count of all functions together; 0 or more. */
  int total(int which) {
    long total = 0;
    for (int at = which; at < counts.length; at += COUNTS) {
      total += counts[at];
    }
    return (int) Math.min(total, Integer.MAX_VALUE);
  }

  /** Bytes; -1 if the page does not tell. */
  long memoryUsed() {
    return memoryUsed;
  }

  /** Bytes; -1 if the page does not tell. */
  long memoryFree() {
    return memoryFree;
  }

  /** Lines that should have been of use and were not. */
  int skipped() {
    return skipped;
  }
}
