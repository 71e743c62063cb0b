package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;

/**
 * Provides {@code legacy}: the routing of the original Go fnlb, its skewed hash included. No
 * options.
 */
public final class LegacyProvider implements RoutingPolicyProvider {

  private static final String NAME = "legacy";

  /** For {@link java.util.ServiceLoader}. */
  public LegacyProvider() {}

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
    Options.refuseUnknown(context, NAME);
    return new LegacyPolicy(context.random());
  }
}
