package com.fnproject.lb.admin;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeSpec;
import com.fnproject.lb.node.NodeStatus;

/**
 * A node as operators see it. Immutable.
 *
 * @param node its name, {@code host:port}
 * @param spec what the operator says of it
 * @param healthy whether the checks find it fit to serve; false until the first has succeeded
 * @param inFlight calls of this balancer that were under way there when this was made: a node that
 *     drains is empty when it comes to 0
 * @param version the version of the cluster in which anything of this last changed, calls under way
 *     excepted
 * @param revision the version in which the node was added or the operator last changed its spec; to
 *     be named in a change that is meant for exactly this
 */
public record NodeView(
    String node, NodeSpec spec, boolean healthy, int inFlight, long version, long revision) {

  static NodeView of(Node node, NodeStatus status) {
    return new NodeView(
        node.id(),
        status.spec(),
        status.healthy(),
        node.inFlight(),
        status.version(),
        status.revision());
  }

  /**
   * Whether it is sent calls.
   *
   * @return true if it is enabled and healthy
   */
  public boolean eligible() {
    return new NodeStatus(spec, healthy, version, revision).eligible();
  }
}
