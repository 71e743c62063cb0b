package com.fnproject.lb.node;

import com.fnproject.lb.spi.NodeSnapshot;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All nodes at one moment, and those among them that may be selected, both in byte order of their
 * names. Immutable; as a {@link NodeSnapshot} it shows the eligible ones only.
 */
public final class NodeSet implements NodeSnapshot {

  static final NodeSet EMPTY = new NodeSet(0, 0, new Node[0]);

  private final long version;
  private final long nowNanos;
  private final Node[] all;
  private final Node[] eligible;

  NodeSet(long version, long nowNanos, Node[] all) {
    this.version = version;
    this.nowNanos = nowNanos;
    this.all = all;
    this.eligible = Arrays.stream(all).filter(Node::healthy).toArray(Node[]::new);
  }

  /**
   * Every node, whatever its health.
   *
   * @return immutable
   */
  public List<Node> all() {
    return List.of(all);
  }

  @Nullable Node find(NodeAddress address) {
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
