package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A call whose every step the test takes, for looking at one decision of a selector, or for many
 * threads. Belongs to one thread, but for {@link #wake}, which may concern calls of other threads.
 */
public final class ManualCall extends CallState {

  private final CompletableFuture<RoutingNode> woken = new CompletableFuture<>();
  private @Nullable DrivenNode current;
  private @Nullable RoutingNode wokenFor;
  private int selections;
  private long nowNanos;
  private boolean holdable;
  private boolean held;

  /**
   * A call at time 0 that may not be held.
   *
   * @param function what is called
   */
  public ManualCall(DrivenFunction function) {
    this(function, CallHead.PLAIN);
  }

  /**
   * A call at time 0 that may not be held.
   *
   * @param function what is called
   * @param head what the client wrote
   */
  public ManualCall(DrivenFunction function, CallHead head) {
    super(function, head);
  }

  /**
   * Sets the time.
   *
   * @param nanos what {@link #nowNanos()} is to return
   * @return this
   */
  public ManualCall at(long nanos) {
    nowNanos = nanos;
    return this;
  }

  /**
   * Allows one hold.
   *
   * @return this
   */
  public ManualCall holdable() {
    holdable = true;
    return this;
  }

  /**
   * Marks nodes as tried, as if earlier attempts had gone there.
   *
   * @param nodes any nodes
   * @return this
   */
  public ManualCall tried(Collection<DrivenNode> nodes) {
    nodes.forEach(this::markTried);
    return this;
  }

  /**
   * Has a node selected for the next attempt.
   *
   * @param selector the selector
   * @return what it returned; if it is no node of this kit, an assertion fails
   */
  public @Nullable DrivenNode select(NodeSelector selector) {
    beginAttempt(++selections);
    RoutingNode chosen = selector.select(this);
    wokenFor = null;
    if (chosen == null) {
      return null;
    }
    if (!(chosen instanceof DrivenNode node)) {
      throw new AssertionError("selected " + chosen.id() + ", which is in no snapshot");
    }
    node.callStarted();
    current = node;
    return node;
  }

  /**
   * The node of the attempt under way, or of the last.
   *
   * @return null if none was selected
   */
  public @Nullable DrivenNode node() {
    return current;
  }

  /**
   * Ends the attempt; a second time, as a server with a fault might, it tells the policy only.
   *
   * @param policy the policy, which is told
   * @param result how it ended
   */
  public void end(RoutingPolicy policy, RoutingResult result) {
    if (current == null) {
      throw new IllegalStateException("no attempt is under way");
    }
    policy.onResult(this, current, result);
    if (!tried(current)) {
      current.callEnded();
      markTried(current);
    }
  }

  /**
   * Whether the call waits in its function's queue, or was woken from there.
   *
   * @return true from {@link #hold} until {@link #endHold}
   */
  public boolean isHeld() {
    return held;
  }

  /**
   * Ends the hold without waiting: as woken if some call has woken this one, else for the given
   * reason.
   *
   * @param policy the policy, which is told
   * @param otherwise the reason if the call was not woken
   * @return the reason that the policy was told
   */
  public HoldEnd endHold(RoutingPolicy policy, HoldEnd otherwise) {
    if (!held) {
      throw new IllegalStateException("the call is not held");
    }
    held = false;
    selections--;
    HoldEnd why = otherwise;
    if (!function().leave(this)) {
      // Whoever took the call from the queue completes this next.
      wokenFor = woken.join();
      why = HoldEnd.WOKEN;
    }
    policy.onHoldEnded(this, why);
    return why;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public boolean mayHold() {
    return holdable;
  }

  @Override
  public @Nullable RoutingNode hold(long maxNanos) {
    if (maxNanos <= 0) {
      throw new IllegalArgumentException("hold for " + maxNanos + " ns (expected: above 0)");
    }
    if (!holdable) {
      throw new IllegalStateException("the call may not be held");
    }
    holdable = false;
    held = true;
    function().join(this);
    return null;
  }

  @Override
  public boolean wake(RoutingNode hint) {
    if (!(function().takeFirst() instanceof ManualCall first)) {
      return false;
    }
    first.woken.complete(hint);
    return true;
  }

  @Override
  public @Nullable RoutingNode wokenFor() {
    return wokenFor;
  }
}
