package com.fnproject.lb.fn;

import com.fnproject.lb.node.PolicyState;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.SipHash;
import com.fnproject.lb.spi.Warmth;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A function that calls were made to, with what the routing policy keeps for it. Thread-safe. */
public final class FnFunction implements RoutedFunction {

  private final String key;
  private final long hash;
  private final PolicyState policyState = new PolicyState();
  private final HeldQueue heldCalls = new HeldQueue();
  private volatile long generation;
  private volatile boolean proven;
  private volatile @Nullable Warmth warmth;

  FnFunction(String key) {
    this.key = key;
    this.hash = SipHash.hash(key);
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
    return warmth;
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
