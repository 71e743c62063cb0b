package com.fnproject.lb.spi;

/**
 * What a node told of itself at one moment, by its {@code /metrics} (series {@code fn_util_mem_*}
 * and {@code fn_container_*_total} of Fn 0.3.x). Immutable.
 */
public interface NodeReading {

  /**
   * When the node told it.
   *
   * @return nanoseconds on the clock of {@link RoutingCall#nowNanos()}; never the same for two
   *     readings of one node
   */
  long scrapedNanos();

  /**
   * How long the next reading should take to come, counted from this one. A policy should cease to
   * trust a reading when twice this time has passed.
   *
   * @return nanoseconds, above 0
   */
  long intervalNanos();

  /**
   * Memory taken by containers.
   *
   * @return bytes; -1 if the node does not tell, as before its first container
   */
  long memoryUsed();

  /**
   * Memory left for containers.
   *
   * @return bytes; -1 if the node does not tell, as before its first container
   */
  long memoryFree();

  /**
   * Containers on the node, whatever their state and function.
   *
   * @return 0 or more
   */
  int containers();
}
