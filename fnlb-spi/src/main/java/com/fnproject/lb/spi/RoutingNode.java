package com.fnproject.lb.spi;

import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A node of the cluster, the same object from the moment it joins until it leaves, whatever its
 * health does between. Thread-safe; nothing here blocks, but for the very first {@link #state}.
 */
public interface RoutingNode {

  /**
   * The node's name, {@code host:port}, equal in every balancer of the cluster. Hash this, never
   * the node's place.
   *
   * @return the name
   */
  String id();

  /**
   * How much of the traffic the operator wants the node to take, compared with others.
   *
   * @return above 0; 1 unless the operator says otherwise
   */
  double weight();

  /**
   * What the operator says of the node, such as its zone.
   *
   * @return immutable, possibly empty
   */
  Map<String, String> labels();

  /**
   * Calls of this balancer that are under way on the node, from selection to the end of the
   * answer's body.
   *
   * @return 0 or more; exact, but stale as soon as it is read
   */
  int inFlight();

  /**
   * Whether one more call of this balancer would be below the operator's cap for a node. A node
   * that has no room when the call is to be sent is reported as {@link Outcome#NOT_SENT}, counts as
   * tried, and {@link NodeSelector#select} is called again.
   *
   * @return true when there is no cap
   */
  boolean hasRoom();

  /**
   * What the node told of itself last. Published after the {@link RoutedFunction#warmth() warmth}
   * that was read with it, so that whoever sees the reading sees that warmth as well.
   *
   * @return null if it has told nothing yet, or nothing is read
   */
  @Nullable NodeReading reading();

  /**
   * The policy's own state for this node: one object for the node's life, created on first use.
   * Read like a field afterwards.
   *
   * @param first makes the object; called at most once for a node; must not block
   * @param <S> its type; every caller of one policy must agree on it
   * @return the object that the first caller's function made
   */
  <S> S state(Function<? super RoutingNode, S> first);
}
