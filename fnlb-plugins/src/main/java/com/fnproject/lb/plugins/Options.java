package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the operator's options have in common. */
final class Options {

  /** How many times its share of all calls a node may carry. */
  static final String BALANCE = "balance";

  /**
   * Keeps the spill of a full node, and so the functions that turn cold, small; the customary value
   * of the field.
   */
  private static final double DEFAULT_BALANCE = 1.25;

  /** Bounds nothing in a cluster of as many nodes; whatever is larger is a slip. */
  private static final double MAX_BALANCE = 1000;

  /**
   * Plain decimals only: {@link Double#parseDouble} would take {@code NaN}, {@code 0x1p3} and
   * {@code 2d} as well.
   */
  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

  private static final Pattern TIME = Pattern.compile("([0-9]{1,7})(ms|s|m|h)");

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

  /**
   * The value of {@link #BALANCE}: from 1, below which there would be less room than calls, to
   * 1000.
   */
  static double balance(PolicyContext context) {
    String value = context.options().get(BALANCE);
    if (value == null) {
      return DEFAULT_BALANCE;
    }
    if (DECIMAL.matcher(value).matches()) {
      double balance = Double.parseDouble(value);
      if (balance >= 1 && balance <= MAX_BALANCE) {
        return balance;
      }
    }
    throw context.badOption(BALANCE, value, "a number from 1 to 1000, such as 1.25");
  }

  /** The value of a time with its unit, from one second to one hour. */
  static Duration time(PolicyContext context, String key, Duration otherwise) {
    String value = context.options().get(key);
    if (value == null) {
      return otherwise;
    }
    Matcher matcher = TIME.matcher(value);
    if (matcher.matches()) {
      long count = Long.parseLong(matcher.group(1));
      Duration time =
          switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofHours(count);
          };
      if (time.compareTo(Duration.ofSeconds(1)) >= 0 && time.compareTo(Duration.ofHours(1)) <= 0) {
        return time;
      }
    }
    throw context.badOption(key, value, "a time from 1s to 1h, such as 30s");
  }
}
