package com.fnproject.lb.fn;

import com.fnproject.lb.spi.RoutingNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * The held calls of one function, first come, first woken. Thread-safe. Locks itself, but only
 * where a call is held: asking for the size, and waking when there is nobody to wake, read one
 * volatile.
 */
public final class HeldQueue {

  @GuardedBy("this")
  private @Nullable HeldCall first;

  @GuardedBy("this")
  private @Nullable HeldCall last;

  private volatile int size;

  HeldQueue() {}

  /**
   * How many calls are held.
   *
   * @return exact, but stale as soon as it is read
   */
  public int size() {
    return size;
  }

  /**
   * Adds the calling thread's call at the end.
   *
   * @param most how many calls may be held here
   * @return the call's place, at which a wake finds it from now on; null if there is no room
   */
  public @Nullable HeldCall join(int most) {
    synchronized (this) {
      if (size >= most) {
        return null;
      }
      HeldCall call = new HeldCall(this, Thread.currentThread());
      call.before = last;
      if (last == null) {
        first = call;
      } else {
        last.after = call;
      }
      last = call;
      size++;
      return call;
    }
  }

  /**
   * Wakes the call that has been held longest.
   *
   * @param hint what to tell it
   * @return false if none is held
   */
  public boolean wake(RoutingNode hint) {
    if (size == 0) {
      return false;
    }
    HeldCall call;
    synchronized (this) {
      call = first;
      if (call == null) {
        return false;
      }
      remove(call);
      call.woken(hint);
    }
    call.unpark();
    return true;
  }

  synchronized void remove(HeldCall call) {
    if (call.before == null) {
      first = call.after;
    } else {
      call.before.after = call.after;
    }
    if (call.after == null) {
      last = call.before;
    } else {
      call.after.before = call.before;
    }
    call.before = null;
    call.after = null;
    size--;
  }
}
