package com.fnproject.lb.routing;

import com.fnproject.lb.node.Quoted;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the policy that the operator names, among all providers on the class path and in the
 * directory of plug-ins. Providers are foreign code: whatever one of them does wrong stops the
 * start with a message that names it, and its file if it has one.
 */
public final class PolicyLoader {

  private static final System.Logger LOGGER = System.getLogger(PolicyLoader.class.getName());
  private static final String SERVICES =
      "META-INF/services/" + RoutingPolicyProvider.class.getName();

  private final Map<String, Found> byName = new TreeMap<>();
  private final List<PluginClassLoader> opened = new ArrayList<>();

  private PolicyLoader() {}

  /** A provider, and what it came in; null if it is built in. */
  private record Found(
      RoutingPolicyProvider provider,
      @Nullable Plugin plugin,
      @Nullable PluginClassLoader classes) {

    String origin() {
      return plugin == null ? "built in" : plugin.name();
    }

    IllegalArgumentException refused(String why, @Nullable Throwable cause) {
      String name = provider.getClass().getName();
      return plugin == null
          ? new IllegalArgumentException("routing policy " + name + " " + why, cause)
          : Plugin.refused(plugin.name(), "cannot be used: " + name + " " + why, cause);
    }
  }

  /**
   * Loads and creates the policy; every plug-in is looked at, only the one that is named keeps its
   * jars open. May block.
   *
   * @param config which policy, with which options, from where
   * @param random the randomness it is given; usable by many threads
   * @return the policy
   * @throws IllegalArgumentException if there is no such policy, an option is refused, or a
   *     provider or plug-in cannot be used; the message names which and what was expected
   */
  public static LoadedPolicy load(RoutingConfig config, RandomGenerator random) {
    PolicyLoader loader = new PolicyLoader();
    PluginClassLoader kept = null;
    try {
      loader.findBuiltIn();
      config.plugins().ifPresent(loader::findIn);
      Found found = loader.named(config);
      RoutingPolicy policy = create(found, new Context(config, random));
      kept = found.classes();
      if (found.plugin() != null) {
        LOGGER.log(
            Level.INFO,
            "router {0} is {1} of plug-in {2} in {3}",
            config.router(),
            found.provider().getClass().getName(),
            found.plugin().name(),
            Quoted.of(config.plugins().orElseThrow().toString()));
      }
      return new LoadedPolicy(policy, kept);
    } finally {
      loader.closeAllBut(kept);
    }
  }

  private Found named(RoutingConfig config) {
    Found found = byName.get(config.router());
    if (found != null) {
      return found;
    }
    boolean origins = config.plugins().isPresent();
    throw new IllegalArgumentException(
        byName.entrySet().stream()
            .map(e -> e.getKey() + (origins ? " (" + e.getValue().origin() + ")" : ""))
            .collect(
                Collectors.joining(
                    ", ",
                    "key 'router': " + Quoted.of(config.router()) + " (expected: one of ",
                    ")")));
  }

  private static RoutingPolicy create(Found found, PolicyContext context) {
    RoutingPolicy policy;
    try {
      policy = inside(found.classes(), () -> found.provider().create(context));
    } catch (BadOption e) {
      throw e;
    } catch (Throwable e) {
      Router.passOnFatal(e);
      throw found.refused("cannot create its policy: " + e, e);
    }
    if (policy == null) {
      throw found.refused("created no policy", null);
    }
    return policy;
  }

  private void findBuiltIn() {
    try {
      for (RoutingPolicyProvider provider : ServiceLoader.load(RoutingPolicyProvider.class)) {
        add(new Found(provider, null, null));
      }
    } catch (ServiceConfigurationError e) {
      throw new IllegalArgumentException("a routing policy cannot be loaded: " + e.getMessage(), e);
    }
  }

  private void findIn(Path directory) {
    for (Plugin plugin : Plugin.in(directory)) {
      PluginClassLoader classes = plugin.open();
      opened.add(classes);
      List<RoutingPolicyProvider> providers;
      try {
        providers =
            inside(
                classes,
                () ->
                    ServiceLoader.load(RoutingPolicyProvider.class, classes).stream()
                        .map(ServiceLoader.Provider::get)
                        .toList());
      } catch (ServiceConfigurationError e) {
        String why = String.valueOf(e.getMessage());
        String prefix = RoutingPolicyProvider.class.getName() + ": ";
        throw Plugin.refused(
            plugin.name(),
            "cannot be used: " + (why.startsWith(prefix) ? why.substring(prefix.length()) : why),
            e.getCause());
      } catch (Throwable e) {
        Router.passOnFatal(e);
        throw Plugin.refused(plugin.name(), "cannot be used: " + e, e);
      }
      if (providers.isEmpty()) {
        throw Plugin.refused(plugin.name(), "names no provider (expected: " + SERVICES + ")", null);
      }
      providers.forEach(provider -> add(new Found(provider, plugin, classes)));
    }
  }

  private void add(Found found) {
    String name = name(found);
    Found other = byName.putIfAbsent(name, found);
    if (other != null) {
      throw found.refused(
          "has the name '"
              + name
              + "' of "
              + other.provider().getClass().getName()
              + (found.plugin() == null ? "" : " (" + other.origin() + ")"),
          null);
    }
  }

  private static String name(Found found) {
    record Told(@Nullable String name, int version) {}
    Told told;
    try {
      RoutingPolicyProvider provider = found.provider();
      told = inside(found.classes(), () -> new Told(provider.name(), provider.spiVersion()));
    } catch (Throwable e) {
      Router.passOnFatal(e);
      throw found.refused("does not tell its name and version: " + e, e);
    }
    if (told.version() < 1 || told.version() > RoutingPolicyProvider.SPI_VERSION) {
      throw found.refused(
          "is written for version "
              + told.version()
              + " of the SPI (expected: 1 to "
              + RoutingPolicyProvider.SPI_VERSION
              + ")",
          null);
    }
    String name = told.name();
    if (name == null || !name.matches("[a-z][a-z0-9-]{0,63}")) {
      throw found.refused(
          "has the name "
              + Quoted.of(String.valueOf(name))
              + " (expected: at most 64 lower-case letters, digits and hyphens, a letter first)",
          null);
    }
    return name;
  }

  /** Libraries that look for their own parts by the thread's context find those of the plug-in. */
  private static <T> T inside(@Nullable ClassLoader classes, Supplier<T> foreign) {
    if (classes == null) {
      return foreign.get();
    }
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classes);
    try {
      return foreign.get();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private void closeAllBut(@Nullable PluginClassLoader kept) {
    for (PluginClassLoader classes : opened) {
      if (classes != kept) {
        try {
          classes.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
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
