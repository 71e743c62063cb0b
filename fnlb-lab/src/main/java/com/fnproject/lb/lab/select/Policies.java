package com.fnproject.lb.lab.select;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** The policies that can be measured: all on the class path, with their default options. */
final class Policies {

  /** No policy, but a node by the function's hash: what everything around a policy costs. */
  static final String HARNESS = "harness";

  private Policies() {}

  /** The names, {@link #HARNESS} first. */
  static List<String> names() {
    return Stream.concat(Stream.of(HARNESS), providers().map(RoutingPolicyProvider::name).sorted())
        .toList();
  }

  /**
   * Creates a policy.
   *
   * @param name one of {@link #names()}
   */
  static RoutingPolicy create(String name) {
    if (name.equals(HARNESS)) {
      return Policies::harness;
    }
    return providers()
        .filter(provider -> provider.name().equals(name))
        .findFirst()
        .orElseThrow()
        .create(new DefaultOptions());
  }

  private static NodeSelector harness(NodeSnapshot snapshot) {
    return call ->
        snapshot.node((int) Math.floorMod(call.function().hash(), (long) snapshot.size()));
  }

  private static Stream<RoutingPolicyProvider> providers() {
    return ServiceLoader.load(RoutingPolicyProvider.class).stream()
        .map(ServiceLoader.Provider::get);
  }

  private record DefaultOptions() implements PolicyContext {
    @Override
    public Map<String, String> options() {
      return Map.of();
    }

    @Override
    public RandomGenerator random() {
      return () -> ThreadLocalRandom.current().nextLong();
    }

    @Override
    public RuntimeException badOption(String key, String value, String expected) {
      return new IllegalArgumentException(
          "key '" + key + "': '" + value + "' (expected: " + expected + ")");
    }
  }
}
