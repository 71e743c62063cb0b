package com.fnproject.lb.spi;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What calls are grouped by: a function of the cluster, as far as the balancer can tell.
 * Thread-safe.
 *
 * <p>The server remembers a bounded number of functions and forgets the least used ones with their
 * state; a forgotten function comes back as a new object.
 */
public interface RoutedFunction {

  /**
   * The routing key, equal in every balancer.
   *
   * @return not empty
   */
  String key();

  /**
   * A keyed hash of the key, {@link SipHash#hash(CharSequence) fixed by this SPI} so that balancers
   * agree.
   *
   * @return 64 well-mixed bits
   */
  long hash();

  /**
   * Grows whenever the function, or its app, was changed so that the containers it had are of no
   * use any more (image, configuration, annotations, memory, time-outs).
   *
   * @return 0 until the first change that the server notices
   */
  long generation();

  /**
   * Where the function's containers are, by the nodes' readings.
   *
   * @return null while that is not known: the function's id is not known, its readings count
   *     containers of before its last change, or nothing is read
   */
  @Nullable Warmth warmth();

  /**
   * Calls of this function that are {@linkplain RoutingCall#hold held} by this balancer.
   *
   * @return 0 or more; exact, but stale as soon as it is read
   */
  int held();

  /**
   * The policy's own state for this function: one object for as long as the server remembers the
   * function, created on first use. Read like a field afterwards.
   *
   * @param first makes the object; called at most once for a function; must not block
   * @param <S> its type; every caller of one policy must agree on it
   * @return the object that the first caller's function made
   */
  <S> S state(Function<? super RoutedFunction, S> first);
}
