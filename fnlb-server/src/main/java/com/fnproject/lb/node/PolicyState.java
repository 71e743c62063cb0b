package com.fnproject.lb.node;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The one object that the routing policy keeps for a node or a function, made on first use and a
 * field read afterwards. Thread-safe.
 */
public final class PolicyState {

  private volatile @Nullable Object state;

  /** Creates the place, empty. */
  public PolicyState() {}

  /**
   * The policy's object.
   *
   * @param owner what it is kept for
   * @param first makes it; called at most once, under a lock of the owner's alone
   * @param <O> the owner's type
   * @param <S> the object's type, on which all callers agree: there is one policy
   * @return the object that the first caller's function made
   */
  @SuppressWarnings("unchecked") // one policy, one type: the SPI's contract
  public <O, S> S get(O owner, Function<? super O, S> first) {
    Object known = state;
    if (known != null) {
      return (S) known;
    }
    synchronized (this) {
      known = state;
      if (known == null) {
        known = first.apply(owner);
        state = known;
      }
      return (S) known;
    }
  }
}
