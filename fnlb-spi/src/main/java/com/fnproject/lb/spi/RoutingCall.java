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
}
