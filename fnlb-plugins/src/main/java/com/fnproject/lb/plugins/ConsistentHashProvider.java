package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;

/**
 * Provides {@code consistent-hash}: every function has one node, found by jump consistent hash. No
 * options.
 */
public final class ConsistentHashProvider implements RoutingPolicyProvider {

  private static final String NAME = "consistent-hash";

  /** For {@link java.util.ServiceLoader}. */
  public ConsistentHashProvider() {}

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
    return new ConsistentHashPolicy();
  }
}
