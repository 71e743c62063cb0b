package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** What the server gives a policy; its refusals read as the server's do. */
record FakeContext(Map<String, String> options, RandomGenerator random) implements PolicyContext {

  static FakeContext seeded(long seed) {
    return new FakeContext(Map.of(), seededRandom(seed));
  }

  static FakeContext with(String key, String value) {
    return new FakeContext(Map.of(key, value), seededRandom(1));
  }

  @Override
  public RuntimeException badOption(String key, String value, String expected) {
    return new IllegalArgumentException(
        "key '" + key + "': '" + value + "' (expected: " + expected + ")");
  }

  /** A generator that any thread may use: a counter in steps of the golden ratio, mixed. */
  private static RandomGenerator seededRandom(long seed) {
    AtomicLong counter = new AtomicLong(seed);
    return () -> Rendezvous.mix(counter.addAndGet(0x9e3779b97f4a7c15L));
  }
}
