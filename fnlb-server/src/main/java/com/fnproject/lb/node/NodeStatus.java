package com.fnproject.lb.node;

/**
 * What is thought of a node at one version of the cluster. Immutable.
 *
 * @param spec what the operator says of it
 * @param healthy whether the checks find it fit to serve
 * @param version the cluster's version that brought this status about
 * @param revision the version in which the node was added or the operator last changed his mind
 */
public record NodeStatus(NodeSpec spec, boolean healthy, long version, long revision) {

  /**
   * Whether it may be sent calls.
   *
   * @return true if it is enabled and healthy
   */
  public boolean eligible() {
    return healthy && spec.state() == AdminState.ENABLED;
  }
}
