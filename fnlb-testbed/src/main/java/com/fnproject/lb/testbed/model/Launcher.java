package com.fnproject.lb.testbed.model;

import org.jspecify.annotations.Nullable;

/**
 * Fn's launcher of one pool: it handles one signal at a time and keeps one more. While a start
 * waits for memory it is deaf to all others; after {@link NodeModelConfig#pollNanos()} it evicts
 * and needs another signal to start (fn {@code api/agent/agent.go}, {@code hotLauncher} and {@code
 * checkLaunch}). From this come the steps of 200 and 400 ms in which a full node serves a burst.
 */
final class Launcher extends Event {
  private enum State {
    NEW,
    FREE,
    WAITS_FOR_MEMORY,
    EVICTS
  }

  private final NodeModel node;
  private final FunctionPool pool;
  private State state = State.NEW;
  private @Nullable Call kept;
  private @Nullable Call caller;

  Launcher(NodeModel node, FunctionPool pool) {
    this.node = node;
    this.pool = pool;
  }

  /** Whether a start waits for room, which Fn counts as a container in the state "wait". */
  boolean waiting() {
    return state == State.WAITS_FOR_MEMORY || state == State.EVICTS;
  }

  /** True once: the call that makes the pool is looked at before its first signal. */
  boolean firstUse() {
    if (state != State.NEW) {
      return false;
    }
    state = State.FREE;
    return true;
  }

  void signal(Call call, long nowNanos) {
    if (state == State.FREE) {
      check(call, nowNanos);
      return;
    }
    if (kept == null) {
      kept = call;
    }
  }

  void check(Call call, long nowNanos) {
    if (!pool.startNeeded()) {
      return;
    }
    if (node.takeMemory(pool.spec().memoryBytes())) {
      pool.start(call, nowNanos);
      return;
    }
    caller = call;
    if (node.config().nonBlocking()) {
      evict(nowNanos);
      return;
    }
    state = State.WAITS_FOR_MEMORY;
    node.awaitMemory(this);
    node.queue.schedule(this, nowNanos + node.config().pollNanos());
  }

  long memoryBytes() {
    return pool.spec().memoryBytes();
  }

  /**
   * Memory became free, enough for the start that waits here; the node has forgotten this launcher.
   */
  void memoryFreed(long nowNanos) {
    node.queue.cancel(this);
    Call cause = caller;
    proceed();
    if (node.takeMemory(pool.spec().memoryBytes())) {
      pool.start(cause, nowNanos);
    }
    next(nowNanos);
  }

  @Override
  protected void fire(long nowNanos) {
    if (state == State.WAITS_FOR_MEMORY) {
      node.stopAwaitingMemory(this);
      evict(nowNanos);
      return;
    }
    proceed();
    next(nowNanos);
  }

  private void evict(long nowNanos) {
    if (node.evictFor(pool, nowNanos)) {
      state = State.EVICTS;
      node.queue.schedule(this, nowNanos + node.config().evictionNanos());
      return;
    }
    Call refused = caller;
    proceed();
    if (node.config().nonBlocking() && refused != null) {
      pool.refuse(refused, nowNanos);
    }
    next(nowNanos);
  }

  private void proceed() {
    state = State.FREE;
    caller = null;
  }

  private void next(long nowNanos) {
    Call signal = kept;
    kept = null;
    if (signal != null) {
      check(signal, nowNanos);
    }
  }
}
