package com.fnproject.lb.routing;

import com.fnproject.lb.fn.HeldCall;
import com.fnproject.lb.fn.HeldQueue;
import com.fnproject.lb.spi.HoldEnd;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All held calls of the balancer: their limits, their end and their meters. Thread-safe. A place in
 * all is taken before one of the function's, and given back last, so neither limit is ever passed.
 */
final class Holds {

  private final HoldConfig config;
  private final long maxHoldNanos;
  private final LongSupplier clock;
  private final AtomicInteger places = new AtomicInteger();
  private final Set<HeldCall> held = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  private final Map<HoldEnd, Counter> ends = new EnumMap<>(HoldEnd.class);
  private final Timer time;
  private final Counter maxHeldLimit;
  private final Counter maxHeldPerFunctionLimit;
  private final Counter maxHoldLimit;

  Holds(HoldConfig config, LongSupplier clock, MeterRegistry meters) {
    this.config = config;
    this.maxHoldNanos = config.maxHold().toNanos();
    this.clock = clock;
    for (HoldEnd end : HoldEnd.values()) {
      Counter counter =
          meters.getOrCreate(
              Counter.builder("fnlb.holds")
                  .description("Holds that are over, by what ended them")
                  .tags(List.of(Tag.create("end", end.name().toLowerCase(Locale.ROOT)))));
      ends.put(end, counter);
    }
    time =
        meters.getOrCreate(
            Timer.builder("fnlb.holds.time").description("How long calls were held"));
    maxHeldLimit = Router.limit(meters, "max-held");
    maxHeldPerFunctionLimit = Router.limit(meters, "max-held-per-function");
    maxHoldLimit = Router.limit(meters, "max-hold");
    meters.getOrCreate(
        Gauge.builder("fnlb.calls.held", this::held)
            .description("Calls that the policy holds until a node has a place for them"));
  }

  /** How many calls are held. */
  int held() {
    return places.get();
  }

  /** Whether one more call of the function may be held. */
  boolean hasRoom(HeldQueue queue) {
    return !closing
        && places.get() < config.maxHeld()
        && queue.size() < config.maxHeldPerFunction();
  }

  /** Counts that a call could not be held for want of room. */
  void refused(HeldQueue queue) {
    if (closing) {
      return;
    }
    if (queue.size() >= config.maxHeldPerFunction()) {
      maxHeldPerFunctionLimit.increment();
    } else {
      maxHeldLimit.increment();
    }
  }

  /** The calling thread's call joins the queue; null if there is no room. */
  @Nullable HeldCall join(HeldQueue queue) {
    int taken;
    do {
      taken = places.get();
      if (closing || taken >= config.maxHeld()) {
        return null;
      }
    } while (!places.compareAndSet(taken, taken + 1));
    HeldCall call = queue.join(config.maxHeldPerFunction());
    if (call == null) {
      places.decrementAndGet();
      return null;
    }
    held.add(call);
    // Whoever closes has either seen the call, or is seen here.
    if (closing) {
      boolean unused = call.leave(HoldEnd.CLOSING);
    }
    return call;
  }

  /** Holds the calling thread's call until it leaves its place. */
  HoldEnd await(BookedCall call, HeldCall place) {
    long sinceNanos = call.nowNanos();
    long maxNanos = call.holdNanos();
    boolean bounded = maxNanos > maxHoldNanos;
    HoldEnd why;
    try {
      why = place.await(sinceNanos + (bounded ? maxHoldNanos : maxNanos), clock);
      if (why == HoldEnd.WOKEN && call.isClientGone()) {
        place.withdraw();
        why = HoldEnd.CLIENT_GONE;
      }
    } finally {
      over(place);
    }
    if (bounded && why == HoldEnd.EXPIRED) {
      maxHoldLimit.increment();
    }
    Objects.requireNonNull(ends.get(why)).increment();
    time.record(clock.getAsLong() - sinceNanos, TimeUnit.NANOSECONDS);
    return why;
  }

  /** Lets a call that may have asked for it not be held after all. */
  void withdraw(BookedCall call) {
    HeldCall joined = call.hold();
    if (joined != null) {
      joined.withdraw();
      over(joined);
    }
    call.holdOver(null);
  }

  private void over(HeldCall call) {
    held.remove(call);
    places.decrementAndGet();
  }

  /** Ends every hold, and lets none begin any more; how many were ended. */
  int close() {
    closing = true;
    int ended = 0;
    for (HeldCall call : held) {
      if (call.leave(HoldEnd.CLOSING)) {
        ended++;
      }
    }
    return ended;
  }
}
