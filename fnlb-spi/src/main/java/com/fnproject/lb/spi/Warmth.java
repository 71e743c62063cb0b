package com.fnproject.lb.spi;

/**
 * Where a function's containers are, by the latest reading of each node: only nodes that told of
 * some, in no particular order. A node that has a {@link RoutingNode#reading() reading} and is not
 * listed has none. Immutable: a change is a new object.
 *
 * <p>Readings come every few seconds, so between them a policy should correct what it reads here
 * with what it has sent since.
 */
public interface Warmth {

  /**
   * How many nodes are listed.
   *
   * @return 0 or more
   */
  int size();

  /**
   * A listed node, which need not be in the newest snapshot.
   *
   * @param i 0 to {@code size() - 1}
   * @return the node
   */
  RoutingNode node(int i);

  /**
   * When the node told it.
   *
   * @param i 0 to {@code size() - 1}
   * @return the {@link NodeReading#scrapedNanos()} of the reading it was in
   */
  long scrapedNanos(int i);

  /**
   * Containers that would serve a call at once, paused ones among them.
   *
   * @param i 0 to {@code size() - 1}
   * @return 0 or more
   */
  int idle(int i);

  /**
   * Containers that serve a call, of whichever balancer.
   *
   * @param i 0 to {@code size() - 1}
   * @return 0 or more
   */
  int busy(int i);

  /**
   * Containers that are being started.
   *
   * @param i 0 to {@code size() - 1}
   * @return 0 or more
   */
  int starting(int i);

  /**
   * What the node tells of calls that wait for a container there ({@code fn_container_wait_total}).
   *
   * @param i 0 to {@code size() - 1}
   * @return 0 or more
   */
  int waiting(int i);
}
