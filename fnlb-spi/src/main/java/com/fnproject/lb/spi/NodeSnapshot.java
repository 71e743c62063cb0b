package com.fnproject.lb.spi;

/** The nodes that may be selected at one moment: immutable, in byte order of their ids. */
public interface NodeSnapshot {

  /**
   * Grows by at least one with every snapshot of the process.
   *
   * @return the version
   */
  long version();

  /**
   * When the snapshot was made.
   *
   * @return nanoseconds on the clock of {@link RoutingCall#nowNanos()}
   */
  long nowNanos();

  /**
   * How many nodes there are.
   *
   * @return 0 or more
   */
  int size();

  /**
   * A node by its place.
   *
   * @param i 0 to {@code size() - 1}
   * @return the node; the same object for as long as the node is in the cluster
   * @throws IndexOutOfBoundsException if {@code i} is out of range
   */
  RoutingNode node(int i);
}
