package com.fnproject.lb.admin;

import com.fnproject.lb.node.NodeEvent;
import java.util.List;

/** What a {@link NodeWatch} tells. */
public sealed interface NodeNews {

  /**
   * The version of the cluster that whoever has heard this knows; to resume after.
   *
   * @return grows from each piece of news to the next
   */
  long version();

  /**
   * All nodes; whatever was known before is to be forgotten. What is told next came after it.
   *
   * @param version the version of the cluster in which this was so
   * @param resync whether changes before it could not be told: the watcher was too slow for them,
   *     or asked for what is no longer, or not, remembered; false for the first news of a watch
   *     that resumes nothing
   * @param nodes in byte order of their names
   */
  record Snapshot(long version, boolean resync, List<NodeView> nodes) implements NodeNews {}

  /**
   * One change; each version has one, and they are told one after the other without a gap.
   *
   * @param kind what happened
   * @param node the node as it was from then on, or when it left; its calls under way are those of
   *     that moment
   */
  record Change(NodeEvent.Kind kind, NodeView node) implements NodeNews {

    @Override
    public long version() {
      return node.version();
    }
  }
}
