package com.fnproject.lb.node;

/** A change of the cluster, as {@link NodeRegistry#apply} takes it. */
public sealed interface NodeChange {

  /**
   * A node joins; it may serve once a check has succeeded. Nothing changes if it is there. One that
   * comes back is a new node: nothing is remembered of the old one, a drain included.
   *
   * @param address where it listens
   * @param spec what the operator says of it
   */
  record Add(NodeAddress address, NodeSpec spec) implements NodeChange {

    /** A node of which nothing is said. */
    public Add(NodeAddress address) {
      this(address, NodeSpec.INITIAL);
    }
  }

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

  /**
   * The operator says something else of a node. Nothing changes if he says the same, if the node
   * has been removed meanwhile, or if its revision is another by now.
   *
   * @param node the node
   * @param revision the revision that is to be replaced
   * @param spec what is said of it from now on
   */
  record Respecify(Node node, long revision, NodeSpec spec) implements NodeChange {}
}
