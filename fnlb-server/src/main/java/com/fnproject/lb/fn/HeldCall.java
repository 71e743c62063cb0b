package com.fnproject.lb.fn;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One call's place in its function's {@link HeldQueue}. It is left once, for one reason: whoever
 * comes second, be it a wake, the deadline, the client's going or the balancer's end, finds it
 * left. Thread-safe; only the thread that joined may {@link #await}.
 */
public final class HeldCall {

  private final HeldQueue queue;
  private final Thread thread;

  /** Neighbours in the queue; guarded by it. */
  @Nullable HeldCall before;

  @Nullable HeldCall after;

  /** Written before {@link #end}. */
  private @Nullable RoutingNode hint;

  private volatile @Nullable HoldEnd end;

  HeldCall(HeldQueue queue, Thread thread) {
    this.queue = queue;
    this.thread = thread;
  }

  /** Under the queue's lock, once removed from it. */
  void woken(RoutingNode place) {
    hint = place;
    end = HoldEnd.WOKEN;
  }

  void unpark() {
    LockSupport.unpark(thread);
  }

  /**
   * Leaves the queue for a reason other than being woken.
   *
   * @param why the reason
   * @return false if the place had been left before
   */
  public boolean leave(HoldEnd why) {
    synchronized (queue) {
      if (end != null) {
        return false;
      }
      queue.remove(this);
      end = why;
    }
    unpark();
    return true;
  }

  /** Leaves the queue for nothing; a wake that came meanwhile goes to the next. */
  public void withdraw() {
    RoutingNode place = leave(HoldEnd.EXPIRED) ? null : hint;
    if (place != null) {
      boolean unused = queue.wake(place);
    }
  }

  /**
   * Parks the calling thread until the place is left. An interrupt counts as the end of the
   * balancer and is cleared, so that the call can still be answered.
   *
   * @param deadlineNanos when the place is left at the latest
   * @param clock nanoseconds, monotonic
   * @return why it was left
   */
  public HoldEnd await(long deadlineNanos, LongSupplier clock) {
    HoldEnd why;
    while ((why = end) == null) {
      long left = deadlineNanos - clock.getAsLong();
      if (left <= 0) {
        boolean unused = leave(HoldEnd.EXPIRED);
      } else if (Thread.interrupted()) {
        boolean unused = leave(HoldEnd.CLOSING);
      } else {
        // A wake before this is not lost: it has left its permit.
        LockSupport.parkNanos(this, left);
      }
    }
    return why;
  }

  /**
   * Where a free place was found, if a wake ended the hold.
   *
   * @return null if something else did, or nothing has
   */
  public @Nullable RoutingNode wokenFor() {
    return end == HoldEnd.WOKEN ? Objects.requireNonNull(hint) : null;
  }
}
