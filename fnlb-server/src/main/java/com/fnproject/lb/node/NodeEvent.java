package com.fnproject.lb.node;

/**
 * A change of the cluster as it was published; each version of the cluster has one.
 *
 * @param kind what happened
 * @param node the node that it happened to
 * @param status the node's status from then on, or when it left; its version is that of the change
 */
public record NodeEvent(Kind kind, Node node, NodeStatus status) {

  /** What happened to the node. */
  public enum Kind {
    /** It has joined. */
    ADDED,

    /** The checks have changed their mind about it. */
    HEALTH_CHANGED,

    /** The operator says something else of it. */
    UPDATED,

    /** It has left. */
    REMOVED
  }
}
