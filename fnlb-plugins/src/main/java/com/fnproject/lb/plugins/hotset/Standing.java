package com.fnproject.lb.plugins.hotset;

/** What a node is to a function at one moment. */
enum Standing {
  /** An idle container of the function should be there. */
  HOT(1),
  /** Calls are under way there, and no idle container should be left. */
  BUSY(2),
  /** It has run the function; by now its idle containers should be gone. */
  FADED(3),
  /** In the function's order, and not known to have run it lately. */
  FRESH(4),
  /** Anywhere in the cluster. */
  FAR(5);

  /** Above 0, at most 3 bits. */
  final int code;

  Standing(int code) {
    this.code = code;
  }

  static Standing of(int code) {
    return switch (code) {
      case 1 -> HOT;
      case 2 -> BUSY;
      case 3 -> FADED;
      case 4 -> FRESH;
      default -> FAR;
    };
  }
}
