package com.fnproject.lb.node;

/** A change of the cluster, as {@link NodeRegistry#apply} takes it. */
public sealed interface NodeChange {

  /**
   * A node joins; it may serve once a check has succeeded. Nothing changes if it is there.
   *
   * @param address where it listens
   */
  record Add(NodeAddress address) implements NodeChange {}

  /**
   * A node leaves; calls under way there finish. Nothing changes if it is not there.
   *
   * @param address where it listens
   */
  record Remove(NodeAddress address) implements NodeChange {}

  /**
   * The checks have changed their mind about a node. Nothing changes if it has been removed
   * meanwhile.
   *
   * @param node the node
   * @param healthy whether it may serve
   */
  record Health(Node node, boolean healthy) implements NodeChange {}
}
