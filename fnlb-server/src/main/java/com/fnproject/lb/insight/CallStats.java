package com.fnproject.lb.insight;

import com.fnproject.lb.node.CallListener;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingResult;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The original's statistics: answers per node, path and second. Keeps the last {@value #MAX_CALLS}
 * answers of the last {@value #MAX_SECONDS} seconds in one ring and adds them up when somebody
 * reads. A call costs one small object, one atomic increment and one atomic exchange. Thread-safe;
 * nothing blocks.
 */
public final class CallStats implements CallListener {

  /** Answers that are remembered; a power of two. */
  public static final int MAX_CALLS = 65_536;

  /** Age in seconds of the oldest row. */
  public static final int MAX_SECONDS = 60;

  /** Characters of a path that are kept, so that clients' long paths cannot fill the memory. */
  public static final int MAX_PATH = 256;

  private static final Comparator<Key> ORDER =
      Comparator.comparingLong(Key::second).thenComparing(Key::node).thenComparing(Key::path);

  private final Clock clock;
  private final AtomicReferenceArray<Sample> ring = new AtomicReferenceArray<>(MAX_CALLS);
  private final AtomicInteger next = new AtomicInteger();

  /**
   * The latest second of which an answer has been overwritten: it and all before it are no longer
   * complete.
   */
  private final AtomicLong incomplete = new AtomicLong(Long.MIN_VALUE);

  /**
   * Creates empty statistics.
   *
   * @param clock tells the seconds, and the zone that their timestamps are shown in
   */
  public CallStats(Clock clock) {
    this.clock = clock;
  }

  /**
   * Counts an answer, whatever its status. Failures without an answer do not count, as with the
   * original.
   */
  @Override
  public void onAttempt(RoutingCall call, Node node, RoutingResult result) {
    if (result.status() == 0) {
      return;
    }
    Sample sample =
        new Sample(nowSecond(), node.id(), shortened(call.path()), Math.max(result.waitNanos(), 0));
    Sample overwritten = ring.getAndSet(next.getAndIncrement() & (MAX_CALLS - 1), sample);
    if (overwritten != null && overwritten.second > incomplete.get()) {
      incomplete.accumulateAndGet(overwritten.second, Math::max);
    }
  }

  private static String shortened(String path) {
    return path.length() <= MAX_PATH ? path : path.substring(0, MAX_PATH - 1) + "…";
  }

  private long nowSecond() {
    return Math.floorDiv(clock.millis(), 1000L);
  }

  /**
   * The rows of all seconds that are over and of which every answer is still known, by time, node
   * and path. Where more than {@value #MAX_CALLS} answers come in a second, there are none. Reading
   * destroys nothing.
   *
   * @param after only rows with a later timestamp; {@link Instant#MIN} for all
   * @return possibly empty
   */
  public List<StatsRow> rows(Instant after) {
    long now = nowSecond();
    long first = Math.max(now - MAX_SECONDS, after.getEpochSecond() + 1);
    Map<Key, Sum> sums = new TreeMap<>(ORDER);
    for (int i = 0; i < MAX_CALLS; i++) {
      Sample sample = ring.get(i);
      if (sample != null && sample.second >= first && sample.second < now) {
        sums.computeIfAbsent(new Key(sample.second, sample.node, sample.path), key -> new Sum())
            .add(sample.waitNanos);
      }
    }
    long complete = incomplete.get() + 1;
    List<StatsRow> rows = new ArrayList<>(sums.size());
    sums.forEach(
        (key, sum) -> {
          if (key.second >= complete) {
            rows.add(row(key, sum));
          }
        });
    return rows;
  }

  private StatsRow row(Key key, Sum sum) {
    return new StatsRow(
        Instant.ofEpochSecond(key.second).atZone(clock.getZone()).toOffsetDateTime(),
        sum.calls,
        key.node,
        key.path,
        sum.waitNanos / 1e9 / sum.calls);
  }

  private record Sample(long second, String node, String path, long waitNanos) {}

  private record Key(long second, String node, String path) {}

  private static final class Sum {
    private long calls;
    private double waitNanos;

    void add(long nanos) {
      calls++;
      waitNanos += nanos;
    }
  }
}
