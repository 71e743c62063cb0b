package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;

/**
 * Provides {@code bounded-load}: every function keeps to its own nodes, and no node gets more than
 * its share.
 *
 * <p>One option, {@code balance}: how many times its share of all calls a node may carry, from 1 to
 * 1000, default 1.25.
 */
public final class BoundedLoadProvider implements RoutingPolicyProvider {

  private static final String NAME = "bounded-load";

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
    Options.refuseUnknown(context, NAME, Options.BALANCE);
    return new BoundedLoadPolicy(Options.balance(context));
  }
}
