package com.fnproject.lb.lab.select;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A node of weight 1 that tells nothing of itself. Thread-safe; allocates nothing. */
final class StandInNode implements RoutingNode {

  private final String id;
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile @Nullable Object state;

  StandInNode(int number) {
    // In byte order of the names, as a snapshot has them.
    id =
        "10.%d.%d.%d:8080"
            .formatted(100 + number / 10_000, 100 + number / 100 % 100, 100 + number % 100);
  }

  void begin() {
    inFlight.incrementAndGet();
  }

  void end() {
    inFlight.decrementAndGet();
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public double weight() {
    return 1;
  }

  @Override
  public Map<String, String> labels() {
    return Map.of();
  }

  @Override
  public int inFlight() {
    return inFlight.get();
  }

  @Override
  public boolean hasRoom() {
    return true;
  }

  @Override
  public @Nullable NodeReading reading() {
    return null;
  }

  @Override
  @SuppressWarnings("unchecked")
  public <S> S state(Function<? super RoutingNode, S> first) {
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
