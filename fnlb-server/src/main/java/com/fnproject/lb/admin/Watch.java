package com.fnproject.lb.admin;

import io.helidon.metrics.api.Counter;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Follows the nodes: a snapshot, or the changes after a version that the watcher knows, then every
 * change, in the order of the versions. A watcher that falls back by more than {@value
 * NodeFeed#REMEMBERED} changes is told a snapshot of the moment in which it comes for more; nothing
 * is kept for it meanwhile. {@link #next} is for one thread at a time, all else for any.
 */
public final class Watch implements AutoCloseable {

  private final NodeFeed feed;
  private final Semaphore places;
  private final Counter resyncs;
  private final AtomicBoolean closed = new AtomicBoolean();
  private @Nullable Long known;

  Watch(NodeFeed feed, Semaphore places, Counter resyncs, @Nullable Long known) {
    this.feed = feed;
    this.places = places;
    this.resyncs = resyncs;
    this.known = known;
  }

  /**
   * The next news. Blocks until there is some.
   *
   * @param atMost longest time to wait; may be nothing
   * @return null if there was none in this time, or the watch is over
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  public @Nullable NodeNews next(Duration atMost) throws InterruptedException {
    NodeNews news = feed.after(known, atMost, closed::get);
    if (news != null) {
      known = news.version();
    }
    if (news instanceof NodeNews.Snapshot(long version, boolean resync, var nodes) && resync) {
      resyncs.increment();
    }
    return news;
  }

  /**
   * Whether there may be more news.
   *
   * @return false once it was closed or the balancer is about to end; then {@link #next} does not
   *     wait
   */
  public boolean isOpen() {
    return !closed.get() && !feed.ended();
  }

  /** Ends the watch; whoever waits in {@link #next} is let go. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      places.release();
      feed.wake();
    }
  }
}
