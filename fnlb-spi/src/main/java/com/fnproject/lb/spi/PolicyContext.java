package com.fnproject.lb.spi;

import java.util.Map;
import java.util.random.RandomGenerator;

/** What a policy is given when it is created. Thread-safe, valid for the policy's life. */
public interface PolicyContext {

  /**
   * The operator's {@code --router-option key=value} pairs. A policy must refuse keys that it does
   * not know.
   *
   * @return immutable, possibly empty
   */
  Map<String, String> options();

  /**
   * The only source of randomness a policy may use; seeded in simulations.
   *
   * @return a generator that any thread may use without locking
   */
  RandomGenerator random();

  /**
   * Makes the exception that refuses an option, for the policy to throw.
   *
   * @param key the option's key, as it stands in {@link #options()}
   * @param value the refused value
   * @param expected what would have been accepted, such as {@code "a number of 1 or more"}
   * @return an exception whose message names all three
   */
  RuntimeException badOption(String key, String value, String expected);
}
