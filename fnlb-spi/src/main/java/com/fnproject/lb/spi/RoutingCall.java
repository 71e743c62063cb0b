package com.fnproject.lb.spi;

import org.jspecify.annotations.Nullable;

/**
 * A call that needs a node. Belongs to the one thread that serves the call: a policy may use it
 * during {@link NodeSelector#select} and {@link RoutingPolicy#onResult}, and must not keep it.
 */
public interface RoutingCall {

  /**
   * The function that is called.
   *
   * @return never null
   */
  RoutedFunction function();

  /**
   * The current time.
   *
   * @return nanoseconds of a monotonic clock; only differences mean anything
   */
  long nowNanos();

  /**
   * Which attempt this is.
   *
   * @return 1 for the first
   */
  int attempt();

  /**
   * Whether an earlier attempt of this call went to the node.
   *
   * @param node any node
   * @return true if it must not be selected again
   */
  boolean tried(RoutingNode node);

  /**
   * The request method, as the client wrote it.
   *
   * @return such as {@code POST}
   */
  String method();

  /**
   * The request's path, percent-decoded once, without query; a path that does not decode is as the
   * client wrote it.
   *
   * @return such as {@code /t/myapp/hello}
   */
  String path();

  /**
   * A request header's first value.
   *
   * @param name in any case
   * @return null if the request has none
   */
  @Nullable String header(String name);

  /**
   * Whether {@link #hold} may be asked for: the call was not held before, and the server has room
   * for one more held call, of this function and in all.
   *
   * @return false if {@link #hold} would refuse
   */
  boolean mayHold();

  /**
   * Asks the server not to send the call now, but to hold it, its body unread, until it is woken,
   * its time is over or its client has gone. Only for {@link NodeSelector#select}, which then
   * returns null: {@code return call.hold(nanos);}. The call joins the end of its function's queue
   * at once. If another call has taken the last room since {@link #mayHold}, its time is over at
   * once. A {@code select} that returns a node nevertheless, or throws, withdraws the hold, which
   * nobody is told of. When it is woken or its time is over, {@link RoutingPolicy#onHoldEnded} and
   * then {@code select} are called.
   *
   * @param maxNanos how long at most, above 0; the server's own limit may be shorter
   * @return null
   * @throws IllegalStateException if {@link #mayHold} is false
   */
  @Nullable RoutingNode hold(long maxNanos);

  /**
   * Wakes the first held call of this call's function, if there is one. For {@link
   * RoutingPolicy#onResult}, when a place has become free, and for {@link
   * RoutingPolicy#onHoldEnded}, to pass a wake on; must not be called from {@link
   * NodeSelector#select}.
   *
   * @param hint where the place is; the woken call's {@link #wokenFor()}
   * @return false if no call of the function is held
   */
  boolean wake(RoutingNode hint);

  /**
   * Where the call that woke this one found a free place.
   *
   * @return null if the call was not woken; in {@link NodeSelector#select} of the first attempt
   *     after the hold only
   */
  @Nullable RoutingNode wokenFor();

  /**
   * The policy's note on the current attempt: 0 before each {@link NodeSelector#select}, then what
   * {@link #memo(long)} set, until that attempt's {@link RoutingPolicy#onResult} has returned.
   *
   * @return the bits
   */
  long memo();

  /**
   * Sets the policy's note on the current attempt.
   *
   * @param bits whatever {@link RoutingPolicy#onResult} will want to know
   */
  void memo(long bits);

  /**
   * The policy's reference for the current attempt: null before each {@link NodeSelector#select},
   * then what {@link #note(Object)} set, until that attempt's {@link RoutingPolicy#onResult} has
   * returned. As {@link #memo()}, for objects.
   *
   * @return the reference
   */
  @Nullable Object note();

  /**
   * Sets the policy's reference for the current attempt.
   *
   * @param reference such as the policy's own record of the function on the node
   */
  void note(@Nullable Object reference);
}
