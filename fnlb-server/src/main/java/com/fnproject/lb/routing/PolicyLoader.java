package com.fnproject.lb.routing;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** Finds the policy that the operator names, among all providers on the class path. */
public final class PolicyLoader {

  private PolicyLoader() {}

  /**
   * Loads and creates the policy.
   *
   * @param config which policy, with which options
   * @param random the randomness it is given; usable by many threads
   * @return the policy
   * @throws IllegalArgumentException if there is no such policy, an option is refused, or a
   *     provider cannot be used; the message names which and what was expected
   */
  public static RoutingPolicy load(RoutingConfig config, RandomGenerator random) {
    Map<String, RoutingPolicyProvider> providers = providers();
    RoutingPolicyProvider provider = providers.get(config.router());
    if (provider == null) {
      throw new IllegalArgumentException(
          "key 'router': '"
              + config.router()
              + "' (expected: one of "
              + String.join(", ", providers.keySet())
              + ")");
    }
    return provider.create(new Context(config, random));
  }

  private static Map<String, RoutingPolicyProvider> providers() {
    Map<String, RoutingPolicyProvider> byName = new TreeMap<>();
    try {
      for (RoutingPolicyProvider provider : ServiceLoader.load(RoutingPolicyProvider.class)) {
        if (provider.spiVersion() > RoutingPolicyProvider.SPI_VERSION) {
          throw new IllegalArgumentException(
              "routing policy '%s' (%s) is written for version %d of the SPI (expected: at most %d)"
                  .formatted(
                      provider.name(),
                      provider.getClass().getName(),
                      provider.spiVersion(),
                      RoutingPolicyProvider.SPI_VERSION));
        }
        RoutingPolicyProvider other = byName.putIfAbsent(provider.name(), provider);
        if (other != null) {
          throw new IllegalArgumentException(
              "routing policy '%s' is provided twice: by %s and by %s"
                  .formatted(
                      provider.name(), other.getClass().getName(), provider.getClass().getName()));
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new IllegalArgumentException("a routing policy cannot be loaded: " + e.getMessage(), e);
    }
    return byName;
  }

  private record Context(RoutingConfig config, RandomGenerator random) implements PolicyContext {

    @Override
    public Map<String, String> options() {
      return config.options();
    }

    @Override
    public RuntimeException badOption(String key, String value, String expected) {
      return new IllegalArgumentException(
          "key 'router-option' of router '%s': '%s=%s' (expected: %s)"
              .formatted(config.router(), key, value, expected));
    }
  }
}
