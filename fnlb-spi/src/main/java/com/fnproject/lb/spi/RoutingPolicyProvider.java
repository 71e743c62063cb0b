package com.fnproject.lb.spi;

/**
 * Entry point of a routing-policy plug-in, found by {@link java.util.ServiceLoader}.
 *
 * <p>List the class in {@code META-INF/services/com.fnproject.lb.spi.RoutingPolicyProvider}. It
 * needs a public constructor without parameters, which must have no side effects: every provider on
 * the path is instantiated, only the one that the operator names with {@code --router} is asked for
 * a policy.
 */
public interface RoutingPolicyProvider {

  /** The SPI version described by this package. */
  int SPI_VERSION = 1;

  /**
   * The name by which {@code --router} finds this policy.
   *
   * @return lower-case letters, digits and hyphens, starting with a letter; unique among all
   *     providers
   */
  String name();

  /**
   * The SPI version the plug-in was written for; a server refuses a newer one than its own.
   *
   * @return {@link #SPI_VERSION} as it was when the plug-in was compiled
   */
  int spiVersion();

  /**
   * Creates the policy; called once, at start, by the server's main thread. May block.
   *
   * @param context options and randomness; valid for the life of the policy
   * @return the policy, which the server closes
   * @throws RuntimeException that {@link PolicyContext#badOption} made, for an option that is
   *     unknown or out of range; start-up stops with its message
   */
  RoutingPolicy create(PolicyContext context);
}
