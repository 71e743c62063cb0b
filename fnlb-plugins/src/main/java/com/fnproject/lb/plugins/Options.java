package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the operator's options have in common. */
final class Options {

  private Options() {}

  /** Refuses the first option, in the order of the keys, that the policy does not know. */
  static void refuseUnknown(PolicyContext context, String policy, String... known) {
    String expected =
        known.length == 0
            ? "no option, for " + policy + " has none"
            : "an option of " + policy + ": " + String.join(", ", known);
    for (Map.Entry<String, String> option : new TreeMap<>(context.options()).entrySet()) {
      if (!List.of(known).contains(option.getKey())) {
        throw context.badOption(option.getKey(), option.getValue(), expected);
      }
    }
  }
}
