package com.fnproject.lb.routing;

import com.fnproject.lb.node.Quoted;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the policy that the operator names, among all providers on the class path. Providers are
 * foreign code: whatever one of them does wrong stops the start with a message that names it.
 */
public final class PolicyLoader {

  private PolicyLoader() {}

  /**
   * Loads and creates the policy. May block.
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
          "key 'router': "
              + Quoted.of(config.router())
              + " (expected: one of "
              + String.join(", ", providers.keySet())
              + ")");
    }
    return create(provider, new Context(config, random));
  }

  private static RoutingPolicy create(RoutingPolicyProvider provider, PolicyContext context) {
    RoutingPolicy policy;
    try {
      policy = provider.create(context);
    } catch (BadOption e) {
      throw e;
    } catch (RuntimeException | LinkageError e) {
      throw refused(provider, "cannot create its policy: " + e, e);
    }
    if (policy == null) {
      throw refused(provider, "created no policy", null);
    }
    return policy;
  }

  private static Map<String, RoutingPolicyProvider> providers() {
    Map<String, RoutingPolicyProvider> byName = new TreeMap<>();
    try {
      for (RoutingPolicyProvider provider : ServiceLoader.load(RoutingPolicyProvider.class)) {
        String name = name(provider);
        RoutingPolicyProvider other = byName.putIfAbsent(name, provider);
        if (other != null) {
          throw refused(
              provider, "has the name '" + name + "' of " + other.getClass().getName(), null);
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new IllegalArgumentException("a routing policy cannot be loaded: " + e.getMessage(), e);
    }
    return byName;
  }

  private static String name(RoutingPolicyProvider provider) {
    String name;
    int version;
    try {
      name = provider.name();
      version = provider.spiVersion();
    } catch (RuntimeException | LinkageError e) {
      throw refused(provider, "does not tell its name and version: " + e, e);
    }
    if (version < 1 || version > RoutingPolicyProvider.SPI_VERSION) {
      throw refused(
          provider,
          "is written for version "
              + version
              + " of the SPI (expected: 1 to "
              + RoutingPolicyProvider.SPI_VERSION
              + ")",
          null);
    }
    if (name == null || !name.matches("[a-z][a-z0-9-]*")) {
      throw refused(
          provider,
          "has the name "
              + Quoted.of(String.valueOf(name))
              + " (expected: lower-case letters, digits and hyphens, a letter first)",
          null);
    }
    return name;
  }

  private static IllegalArgumentException refused(
      RoutingPolicyProvider provider, String why, @Nullable Throwable cause) {
    return new IllegalArgumentException(
        "routing policy " + provider.getClass().getName() + " " + why, cause);
  }

  private record Context(RoutingConfig config, RandomGenerator random) implements PolicyContext {

    @Override
    public Map<String, String> options() {
      return config.options();
    }

    @Override
    public RuntimeException badOption(String key, String value, String expected) {
      return new BadOption(
          "key 'router-option' of router '%s': '%s=%s' (expected: %s)"
              .formatted(config.router(), key, value, expected));
    }
  }

  /** An option that a policy refuses; the message says it all. */
  private static final class BadOption extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    BadOption(String message) {
      super(message);
    }
  }
}
