package com.fnproject.lb;

import java.util.Collection;
import java.util.Locale;

/** Guesses what somebody meant who mistyped a name. */
final class Nearest {

  private static final int LONGEST_NAME = 64;

  private Nearest() {}

  /**
   * A phrase to append to a message, such as {@code (did you mean 'hc-path'?)}; empty when no known
   * name differs in less than a third of its characters.
   */
  static String hint(String name, Collection<String> known) {
    if (name.length() > LONGEST_NAME) {
      return "";
    }
    String plain = name.toLowerCase(Locale.ROOT).replace('_', '-');
    String best = "";
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = distance(plain, candidate);
      if (distance < least && 3 * distance <= candidate.length()) {
        least = distance;
        best = candidate;
      }
    }
    return best.isEmpty() ? "" : " (did you mean '" + best + "'?)";
  }

  /** Levenshtein's: insertions, deletions and replacements. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
