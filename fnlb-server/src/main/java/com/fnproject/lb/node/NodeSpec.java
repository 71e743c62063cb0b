package com.fnproject.lb.node;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the operator says of a node. Immutable.
 *
 * @param state whether it is sent calls
 * @param weight how much of the traffic it shall take, compared with others: {@value #MIN_WEIGHT}
 *     to {@value #MAX_WEIGHT}
 * @param labels whatever else there is to say, in the order of the keys; see {@link #labelFaults}
 *     for what they may be
 */
public record NodeSpec(AdminState state, double weight, Map<String, String> labels) {

  /** The least weight; a node that shall be sent nothing is drained. */
  public static final double MIN_WEIGHT = 0.001;

  /** The greatest weight. */
  public static final double MAX_WEIGHT = 1000;

  /** Most labels of a node. */
  public static final int MAX_LABELS = 32;

  /** Most characters of a label's key, and of its value. */
  public static final int MAX_LABEL_LENGTH = 128;

  /** What a node has when nothing was said: it is enabled, weighs 1 and has no labels. */
  public static final NodeSpec INITIAL = new NodeSpec(AdminState.ENABLED, 1, Map.of());

  /** Refuses what is out of bounds, with the first fault found as the message. */
  public NodeSpec {
    List<String> faults = new ArrayList<>(weightFaults(weight));
    faults.addAll(labelFaults(labels));
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(faults.getFirst());
    }
    SortedMap<String, String> sorted = new TreeMap<>(labels);
    labels = Collections.unmodifiableSortedMap(sorted);
  }

  /**
   * What is wrong with a weight.
   *
   * @return phrases for the operator; empty if it may be used
   */
  public static List<String> weightFaults(double weight) {
    if (weight >= MIN_WEIGHT && weight <= MAX_WEIGHT) {
      return List.of();
    }
    return List.of(
        weight + " (expected: 0.001 to 1000; a node that shall be sent no calls is drained)");
  }

  /**
   * What is wrong with labels: more than {@value #MAX_LABELS}; a key that is not 1 to {@value
   * #MAX_LABEL_LENGTH} letters, digits, {@code -}, {@code _}, {@code .} and {@code /}, the first
   * and the last of them a letter or a digit; a value of over {@value #MAX_LABEL_LENGTH}
   * characters, or with characters that are not printable ASCII.
   *
   * @return phrases for the operator, of the first few faults; empty if they may be used
   */
  public static List<String> labelFaults(Map<String, String> labels) {
    if (labels.size() > MAX_LABELS) {
      return List.of(labels.size() + " labels (expected: at most " + MAX_LABELS + ")");
    }
    List<String> faults = new ArrayList<>();
    new TreeMap<>(labels)
        .forEach(
            (key, value) -> {
              if (!isKey(key)) {
                faults.add(
                    "key "
                        + Quoted.of(key)
                        + " (expected: 1 to "
                        + MAX_LABEL_LENGTH
                        + " letters, digits and -_./, with a letter or digit at both ends)");
              }
              if (!isValue(value)) {
                faults.add(
                    "value "
                        + Quoted.of(value)
                        + " of "
                        + Quoted.of(key)
                        + " (expected: at most "
                        + MAX_LABEL_LENGTH
                        + " printable ASCII characters)");
              }
            });
    return faults;
  }

  private static boolean isKey(String key) {
    if (key.isEmpty() || key.length() > MAX_LABEL_LENGTH) {
      return false;
    }
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      boolean inside = i > 0 && i < key.length() - 1;
      if (!isLetterOrDigit(c) && !(inside && "-_./".indexOf(c) >= 0)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private static boolean isValue(String value) {
    if (value.length() > MAX_LABEL_LENGTH) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < ' ' || value.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }
}
