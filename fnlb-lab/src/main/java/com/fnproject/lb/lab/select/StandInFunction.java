package com.fnproject.lb.lab.select;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.SipHash;
import com.fnproject.lb.spi.Warmth;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A function of which nothing is read and no call is held. Thread-safe; allocates nothing. */
final class StandInFunction implements RoutedFunction {

  private final String key;
  private final long hash;
  private volatile @Nullable Object state;

  StandInFunction(int number) {
    key = "01BENCH%019d".formatted(number);
    hash = SipHash.hash(key);
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
    return 0;
  }

  @Override
  public @Nullable Warmth warmth() {
    return null;
  }

  @Override
  public int held() {
    return 0;
  }

  @Override
  @SuppressWarnings("unchecked")
  public <S> S state(Function<? super RoutedFunction, S> first) {
    Object known = state;
    if (known == null) {
      synchronized (this) {
        known = state;
        if (known == null) {
          known = first.apply(this);
          state = known;
        }
      }
    }
    return (S) known;
  }
}
