package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;

/** Provides {@code round-robin}: one node after the other, whatever is called. No options. */
public final class RoundRobinProvider implements RoutingPolicyProvider {

  private static final String NAME = "round-robin";

  /** For {@link java.util.ServiceLoader}. */
  public RoundRobinProvider() {}

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
    return new RoundRobinPolicy(context.random());
  }
}
