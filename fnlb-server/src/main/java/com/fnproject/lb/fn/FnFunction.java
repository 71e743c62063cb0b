package com.fnproject.lb.fn;

import com.fnproject.lb.fn.Readings.FunctionWarmth;
import com.fnproject.lb.node.PolicyState;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.SipHash;
import com.fnproject.lb.spi.Warmth;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A function that calls were made to, with what the routing policy keeps for it. Thread-safe. */
public final class FnFunction implements RoutedFunction {

  /** Longer than containers usually live unused: Fn's default is 30 s, its most an hour. */
  private static final long IDLE_TIMEOUT_NANOS = 60_000_000_000L;

  private final String key;
  private final long hash;
  private final PolicyState policyState = new PolicyState();
  private final HeldQueue heldCalls = new HeldQueue();
  private final @Nullable Readings readings;
  private volatile long generation;
  private volatile boolean proven;

  /** The generation that warmth was last asked for in, and since when readings count for it. */
  private volatile long warmGeneration;

  private volatile long trustedFromNanos;

  /** A function that is not read of. */
  FnFunction(String key) {
    this(key, null);
  }

  /** A function that may be read of, if its key has its id. */
  FnFunction(String key, @Nullable Readings readings) {
    this.key = key;
    this.hash = SipHash.hash(key);
    this.readings = key.startsWith(MetricsParser.KEY_PREFIX) ? readings : null;
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public long hash() {
    return hash;
  }

  @Override
  public long generation() {
    return generation;
  }

  /** The function, or its app, was changed; to be called by one thread at a time. */
  void changed() {
    long next = generation + 1;
    generation = next;
  }

  /** Whether it is known to exist. */
  boolean proven() {
    return proven;
  }

  void prove() {
    proven = true;
  }

  @Override
  public @Nullable Warmth warmth() {
    Readings known = readings;
    FunctionWarmth warmth = known == null ? null : known.warmth(key);
    long current = generation;
    if (known == null || warmth == null || current == 0) {
      return warmth;
    }
    // Until they die, useless containers of before the change are counted with the others.
    if (current != warmGeneration) {
      trustedFromNanos = known.nowNanos() + IDLE_TIMEOUT_NANOS;
      warmGeneration = current;
    }
    return warmth.isAllSince(trustedFromNanos) ? warmth : null;
  }

  @Override
  public int held() {
    return heldCalls.size();
  }

  /**
   * Calls of this function that wait to be sent.
   *
   * @return the same queue for the function's life
   */
  public HeldQueue heldCalls() {
    return heldCalls;
  }

  @Override
  public <S> S state(Function<? super RoutedFunction, S> first) {
    return policyState.get(this, first);
  }
}
