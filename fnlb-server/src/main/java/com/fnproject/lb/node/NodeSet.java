package com.fnproject.lb.node;

import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All nodes at one moment, and those among them that may be selected, both in byte order of their
 * names. Immutable; as a {@link NodeSnapshot} it shows the eligible ones only.
 */
public final class NodeSet implements NodeSnapshot {

  private final long version;
  private final long nowNanos;
  private final Node[] all;
  private final Node[] eligible;

  /** The eligible nodes by identity: open addressing, at most half full. */
  private final @Nullable Node[] byIdentity;

  NodeSet(long version, long nowNanos, Node[] all) {
    this.version = version;
    this.nowNanos = nowNanos;
    this.all = all;
    this.eligible =
        Arrays.stream(all).filter(node -> node.status().eligible()).toArray(Node[]::new);
    byIdentity = new Node[Integer.highestOneBit(Math.max(eligible.length, 1)) << 2];
    for (Node node : eligible) {
      byIdentity[slot(node)] = node;
    }
  }

  /** Where a node is or would be. */
  private int slot(Object node) {
    int mask = byIdentity.length - 1;
    int hash = System.identityHashCode(node);
    int i = (hash ^ hash >>> 16) & mask;
    while (byIdentity[i] != null && byIdentity[i] != node) {
      i = (i + 1) & mask;
    }
    return i;
  }

  /**
   * Whether a node is one of those that may be selected. Takes no longer for many than for few.
   *
   * @param node any node, of whatever set or origin
   * @return true if it is eligible
   */
  public boolean isEligible(RoutingNode node) {
    return byIdentity[slot(node)] == node;
  }

  /**
   * Every node, whatever its health.
   *
   * @return immutable
   */
  public List<Node> all() {
    return List.of(all);
  }

  /**
   * A node by its address.
   *
   * @return null if it is not there
   */
  public @Nullable Node find(NodeAddress address) {
    for (Node node : all) {
      if (node.address().equals(address)) {
        return node;
      }
    }
    return null;
  }

  Node[] with(Node added) {
    Node[] more = Arrays.copyOf(all, all.length + 1);
    more[all.length] = added;
    Arrays.sort(more, Comparator.comparing(Node::id));
    return more;
  }

  Node[] without(Node removed) {
    return Arrays.stream(all).filter(node -> node != removed).toArray(Node[]::new);
  }

  Node[] same() {
    return all;
  }

  @Override
  public long version() {
    return version;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public int size() {
    return eligible.length;
  }

  @Override
  public Node node(int i) {
    return eligible[i];
  }
}
