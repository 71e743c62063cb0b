package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.PolicyContext;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * What a policy is created with; its refusals read as the server's do.
 *
 * @param options the operator's options
 * @param random randomness for any thread
 */
public record SeededContext(Map<String, String> options, RandomGenerator random)
    implements PolicyContext {

  /**
   * Copies the options.
   *
   * @param options the operator's options
   * @param random randomness for any thread
   */
  public SeededContext {
    options = Map.copyOf(options);
  }

  /**
   * Options, and a generator that repeats itself for the same seed as long as one thread uses it.
   *
   * @param options the operator's options
   * @param seed any number
   */
  public SeededContext(Map<String, String> options, long seed) {
    this(options, generator(seed));
  }

  /**
   * No options.
   *
   * @param seed any number
   * @return a context
   */
  public static SeededContext of(long seed) {
    return new SeededContext(Map.of(), seed);
  }

  /**
   * One option.
   *
   * @param key its key
   * @param value its value
   * @return a context
   */
  public static SeededContext with(String key, String value) {
    return new SeededContext(Map.of(key, value), 1);
  }

  @Override
  public RuntimeException badOption(String key, String value, String expected) {
    return new IllegalArgumentException(
        "key '" + key + "': '" + value + "' (expected: " + expected + ")");
  }

  /** SplitMix64 (Steele, Lea and Flood, 2014) over a counter that threads share without locking. */
  private static RandomGenerator generator(long seed) {
    AtomicLong counter = new AtomicLong(seed);
    return () -> {
      long z = counter.addAndGet(0x9e3779b97f4a7c15L);
      z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
      z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
      return z ^ (z >>> 31);
    };
  }
}
