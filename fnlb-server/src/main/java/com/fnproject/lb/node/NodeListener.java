package com.fnproject.lb.node;

/**
 * Hears of changes of the cluster, after they have been published, one at a time and in their
 * order. Must not block for long; may not throw; may not call {@link NodeRegistry#apply}.
 */
public interface NodeListener {

  /**
   * A node has joined.
   *
   * @param node the new node
   */
  default void added(Node node) {}

  /**
   * The checks have changed their mind about a node.
   *
   * @param node the node
   * @param healthy whether it may serve now
   */
  default void healthChanged(Node node, boolean healthy) {}

  /**
   * A node has left. Calls may still be under way there.
   *
   * @param node the node, whose pool is closed already
   */
  default void removed(Node node) {}

  /**
   * The cluster has changed in whatever way; told for every version of it, after what is told of
   * the same change by another method here.
   *
   * @param event the change
   */
  default void changed(NodeEvent event) {}
}
