package com.fnproject.lb.routing;

import com.fnproject.lb.fn.FnFunction;
import com.fnproject.lb.fn.HeldCall;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A call with what the {@link Router} knows of it: the nodes that were tried, whether the policy
 * chose the current one and so awaits a result, the policy's notes, and its hold. Belongs to the
 * one thread that serves the call, but for {@link #clientGone}.
 */
public abstract class BookedCall implements RoutingCall {

  private final Router router;
  private Node[] tried;
  private int triedCount;
  private long selectedNanos;
  private long nowNanos;
  private long memo;
  private @Nullable Object note;

  /** Whether the policy chose the node of the current attempt. */
  boolean booked;

  /** Whether the policy is choosing right now. */
  boolean selecting;

  /** Whether the policy was told in the current selection that it may hold the call. */
  private boolean foretold;

  /** Whether the call was held before, or asked to be and found the last place taken. */
  private boolean heldBefore;

  private boolean refusalCounted;
  private long holdNanos;
  private volatile @Nullable HeldCall hold;
  private volatile boolean clientGone;
  private boolean overtaken;
  private @Nullable HoldEnd ended;
  private @Nullable RoutingNode wokenFor;
  private boolean full;

  /**
   * Creates a call that was not sent anywhere yet.
   *
   * @param router chooses its nodes
   * @param maxAttempts how many nodes it will usually be tried on at most
   */
  protected BookedCall(Router router, int maxAttempts) {
    this.router = router;
    this.tried = new Node[maxAttempts];
  }

  @Override
  public abstract FnFunction function();

  /** A selection begins. */
  final void begin(long now) {
    selectedNanos = now;
    nowNanos = now;
    memo = 0;
    note = null;
    booked = false;
    foretold = false;
  }

  @Override
  public final long nowNanos() {
    return nowNanos;
  }

  /**
   * Sets what {@link #nowNanos()} returns, until the next selection does.
   *
   * @param now nanoseconds on the router's clock
   */
  protected final void nowNanos(long now) {
    nowNanos = now;
  }

  /**
   * When the latest selection began.
   *
   * @return nanoseconds on the router's clock
   */
  protected final long selectedNanos() {
    return selectedNanos;
  }

  @Override
  public final boolean tried(RoutingNode node) {
    for (int i = 0; i < triedCount; i++) {
      if (tried[i] == node) {
        return true;
      }
    }
    return false;
  }

  /**
   * How many nodes were tried, those that were found full included.
   *
   * @return 0 or more
   */
  protected final int triedCount() {
    return triedCount;
  }

  final void addTried(Node node) {
    if (triedCount == tried.length) {
      tried = Arrays.copyOf(tried, 2 * triedCount + 1);
    }
    tried[triedCount++] = node;
  }

  /**
   * Whether the latest selection found no node because those that could be asked are full.
   *
   * @return false if it found one, or there was none
   */
  protected final boolean full() {
    return full;
  }

  final void full(boolean found) {
    full = found;
  }

  @Override
  public final boolean mayHold() {
    if (heldBefore) {
      return false;
    }
    if (router.holds().hasRoom(function().heldCalls())) {
      foretold = selecting;
      return true;
    }
    if (selecting && !refusalCounted) {
      refusalCounted = true;
      router.holds().refused(function().heldCalls());
    }
    return false;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Where other calls take the last places between {@link #mayHold} and this, the policy is not
   * at fault: the hold is then over at once, and it is asked again.
   */
  @Override
  public final @Nullable RoutingNode hold(long maxNanos) {
    if (!selecting || heldBefore) {
      throw new IllegalStateException(
          selecting ? "the call was held before" : "a call is held by select only");
    }
    if (maxNanos <= 0) {
      throw new IllegalArgumentException("hold of " + maxNanos + " ns (expected: above 0)");
    }
    HeldCall joined = router.holds().join(function().heldCalls());
    if (joined == null && !foretold) {
      throw new IllegalStateException("there is no room for one more held call");
    }
    heldBefore = true;
    holdNanos = maxNanos;
    hold = joined;
    if (joined == null) {
      overtaken = true;
      if (!refusalCounted) {
        refusalCounted = true;
        router.holds().refused(function().heldCalls());
      }
    } else if (clientGone) {
      boolean unused = joined.leave(HoldEnd.CLIENT_GONE);
    }
    return null;
  }

  @Override
  public final boolean wake(RoutingNode hint) {
    if (selecting) {
      throw new IllegalStateException("a call must not be woken by select");
    }
    return function().heldCalls().wake(hint);
  }

  @Override
  public final @Nullable RoutingNode wokenFor() {
    return wokenFor;
  }

  final void wokenFor(@Nullable RoutingNode place) {
    wokenFor = place;
  }

  /**
   * Tells that the client has gone: if the call is held, now or later, the hold ends and no node is
   * chosen any more; a wake that it has got already goes to the next held call. By any thread.
   */
  public final void clientGone() {
    clientGone = true;
    HeldCall held = hold;
    if (held != null) {
      boolean unused = held.leave(HoldEnd.CLIENT_GONE);
    }
  }

  final boolean isClientGone() {
    return clientGone;
  }

  final @Nullable HeldCall hold() {
    return hold;
  }

  final long holdNanos() {
    return holdNanos;
  }

  /** Whether {@link #hold} was called in the current selection, and counts. */
  final boolean asksToBeHeld() {
    return overtaken || hold != null;
  }

  final void holdOver(@Nullable HoldEnd how) {
    if (asksToBeHeld()) {
      hold = null;
      overtaken = false;
      ended = how;
    }
  }

  /**
   * How the call's hold ended. After {@link HoldEnd#CLIENT_GONE} and {@link HoldEnd#CLOSING} the
   * call is over.
   *
   * @return null if it was not held
   */
  protected final @Nullable HoldEnd holdEnd() {
    return ended;
  }

  @Override
  public final long memo() {
    return memo;
  }

  @Override
  public final void memo(long bits) {
    memo = bits;
  }

  @Override
  public final @Nullable Object note() {
    return note;
  }

  @Override
  public final void note(@Nullable Object reference) {
    note = reference;
  }
}
