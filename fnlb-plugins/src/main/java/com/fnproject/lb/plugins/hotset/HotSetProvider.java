package com.fnproject.lb.plugins.hotset;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Provides {@code hot-set}, the default policy. All options are plain decimal numbers; between a
 * half and twice its default none of them matters much.
 */
public final class HotSetProvider implements RoutingPolicyProvider {

  private static final String NAME = "hot-set";

  /** Neither signs nor exponents, {@code NaN} or hexadecimals. */
  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,6}(\\.[0-9]{1,9})?");

  private record Option(double least, double most, double otherwise) {}

  /** Fn's idle time-out is 30 s by default and an hour at most. */
  private static final Map<String, Option> OPTIONS =
      Map.of(
          "hot-window", new Option(1, 3600, 30),
          "headroom", new Option(0.1, 2, 0.75),
          "spread", new Option(0, 2, 0.3),
          "amortise", new Option(0, 60, 4),
          "foreign", new Option(0, 20, 2),
          "cpu-harm", new Option(0, 20, 0.5),
          "memory-harm", new Option(0, 20, 3),
          "concurrency", new Option(0.2, 1000, 3),
          "home-trust", new Option(0, 1, 0.5),
          "hold", new Option(0, 10, 1));

  /** For {@link java.util.ServiceLoader}. */
  public HotSetProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int spiVersion() {
    return SPI_VERSION;
  }

  @Override
  public RoutingPolicy create(PolicyContext context) {
    for (Map.Entry<String, String> option : new TreeMap<>(context.options()).entrySet()) {
      if (!OPTIONS.containsKey(option.getKey())) {
        throw context.badOption(
            option.getKey(),
            option.getValue(),
            "an option of " + NAME + ": " + String.join(", ", new TreeMap<>(OPTIONS).keySet()));
      }
    }
    return new HotSetPolicy(
        new Parameters(
            number(context, "hot-window"),
            number(context, "headroom"),
            number(context, "spread"),
            number(context, "amortise"),
            number(context, "foreign"),
            number(context, "cpu-harm"),
            number(context, "memory-harm"),
            number(context, "concurrency"),
            number(context, "home-trust"),
            number(context, "hold")));
  }

  private static double number(PolicyContext context, String key) {
    Option option = OPTIONS.get(key);
    if (option == null) {
      throw new IllegalArgumentException(key);
    }
    String value = context.options().get(key);
    if (value == null) {
      return option.otherwise;
    }
    if (DECIMAL.matcher(value).matches()) {
      double number = Double.parseDouble(value);
      if (number >= option.least && number <= option.most) {
        return number;
      }
    }
    throw context.badOption(
        key, value, "a number from " + text(option.least) + " to " + text(option.most));
  }

  private static String text(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }
}
