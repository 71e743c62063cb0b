package com.fnproject.lb.spi.testkit;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The one object that a policy keeps for a node or a function. Thread-safe. */
final class KeptState {

  private volatile @Nullable Object state;

  @SuppressWarnings("unchecked") // one policy, one type: the SPI's contract
  <O, S> S get(O owner, Function<? super O, S> first) {
    Object made = state;
    if (made == null) {
      synchronized (this) {
        made = state;
        if (made == null) {
          made = first.apply(owner);
          state = made;
        }
      }
    }
    return (S) made;
  }
}
