package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.SipHash;
import com.fnproject.lb.spi.Warmth;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A function as one balancer sees it, of a {@link PolicyDriver} or by hand. What the SPI declares
 * is thread-safe.
 */
public final class DrivenFunction implements RoutedFunction {

  private final String key;
  private final long hash;
  private final @Nullable PolicyDriver driver;
  private final AtomicLong generation = new AtomicLong();
  private final AtomicInteger held = new AtomicInteger();
  private final Queue<CallState> queue = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Warmth warmth;
  private final KeptState state = new KeptState();
  private @Nullable Object attachment;

  /** Readings that the driver had published when this function last changed. */
  private long readingsBefore;

  /**
   * A function without a driver.
   *
   * @param key its routing key
   */
  public DrivenFunction(String key) {
    this(key, null);
  }

  DrivenFunction(String key, @Nullable PolicyDriver driver) {
    this.key = key;
    this.driver = driver;
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
    return generation.get();
  }

  /**
   * Lets the function or its app be changed: its containers are of no use any more, and its warmth
   * is not known until the next reading.
   */
  public void changed() {
    warmth = null;
    if (driver != null) {
      readingsBefore = driver.readings();
    }
    generation.incrementAndGet();
  }

  @Override
  public @Nullable Warmth warmth() {
    Warmth known = warmth;
    if (known == null && driver != null && driver.readings() > readingsBefore) {
      return KnownWarmth.NONE;
    }
    return known;
  }

  /**
   * Publishes warmth. A driver's function gets it from {@link PolicyDriver#reading}.
   *
   * @param warmth null for not known
   */
  public void publish(@Nullable Warmth warmth) {
    this.warmth = warmth;
  }

  /** Publishes what one node told, null for no containers there. */
  void told(DrivenNode node, long scrapedNanos, @Nullable Containers containers) {
    KnownWarmth before = warmth instanceof KnownWarmth known ? known : KnownWarmth.NONE;
    if (containers != null) {
      warmth = before.with(node, scrapedNanos, containers);
    } else if (before.size() > 0) {
      warmth = before.without(node);
    }
  }

  @Override
  public int held() {
    return held.get();
  }

  void join(CallState call) {
    held.incrementAndGet();
    queue.add(call);
  }

  /** False if the call has left already. */
  boolean leave(CallState call) {
    boolean left = queue.remove(call);
    if (left) {
      held.decrementAndGet();
    }
    return left;
  }

  @Nullable CallState takeFirst() {
    CallState first = queue.poll();
    if (first != null) {
      held.decrementAndGet();
    }
    return first;
  }

  @Override
  public <S> S state(Function<? super RoutedFunction, S> first) {
    return state.get(this, first);
  }

  /**
   * What the test keeps with the function.
   *
   * @return null until {@link #attach} was called
   */
  public @Nullable Object attachment() {
    return attachment;
  }

  /**
   * Keeps something with the function, for the test's own use.
   *
   * @param attachment whatever {@link #attachment()} is to return
   */
  public void attach(@Nullable Object attachment) {
    this.attachment = attachment;
  }

  @Override
  public String toString() {
    return key;
  }
}
