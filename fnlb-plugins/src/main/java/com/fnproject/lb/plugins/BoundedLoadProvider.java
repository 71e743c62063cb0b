package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.regex.Pattern;

/**
 * Provides {@code bounded-load}: every function keeps to its own nodes, and no node gets more than
 * its share.
 *
 * <p>One option, {@code balance}: how many times the mean load a node may carry, from 1 to 1000,
 * default 1.25. Below 1 there would be less room than calls; at 1 the load is as even as can be; at
 * the number of nodes and above nothing is bounded any more, so 1000 serves every cluster that
 * wants a bound at all, and larger values are slips.
 */
public final class BoundedLoadProvider implements RoutingPolicyProvider {

  private static final String NAME = "bounded-load";
  private static final String BALANCE = "balance";

  /**
   * Keeps the spill of a full node, and so the functions that turn cold, small; the customary value
   * of the field.
   */
  private static final double DEFAULT_BALANCE = 1.25;

  private static final double MAX_BALANCE = 1000;

  /**
   * Plain decimals only: {@link Double#parseDouble} would take {@code NaN}, {@code 0x1p3} and
   * {@code 2d} as well.
   */
  private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

  /** For {@link java.util.ServiceLoader}. */
  public BoundedLoadProvider() {}

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
    Options.refuseUnknown(context, NAME, BALANCE);
    return new BoundedLoadPolicy(balance(context));
  }

  private static double balance(PolicyContext context) {
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
}
