package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.SipHash;
import com.fnproject.lb.spi.Warmth;
import java.util.function.Function;

/** A function as the server would present it. */
final class FakeFunction implements RoutedFunction {

  private final String key;
  private final long hash;
  private long generation;
  private Object state;

  FakeFunction(String key) {
    this.key = key;
    hash = SipHash.hash(key);
  }

  /** Makes the containers it had useless. */
  void change() {
    generation++;
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
  @SuppressWarnings("unchecked")
  public synchronized <S> S state(Function<? super RoutedFunction, S> first) {
    if (state == null) {
      state = first.apply(this);
    }
    return (S) state;
  }

  @Override
  public long generation() {
    return generation;
  }

  @Override
  public Warmth warmth() {
    return null;
  }

  @Override
  public int held() {
    return 0;
  }
}
