package com.fnproject.lb.node;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.upstream.UpstreamPool;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one place where the cluster changes. Every change goes through {@link #apply}: the node set
 * is rebuilt around the nodes that live on, the policy builds its selector, and both are published
 * in one volatile write. Thread-safe; readers take no lock.
 */
public final class NodeRegistry implements AutoCloseable {

  /** The most nodes a balancer takes; each costs a checking thread and a connection pool. */
  public static final int MAX_NODES = 10_000;

  private final Function<NodeAddress, UpstreamPool> pools;
  private final Function<NodeSnapshot, NodeSelector> selectors;
  private final LongSupplier clock;
  private final int nodeInFlight;
  private final List<NodeListener> listeners = new CopyOnWriteArrayList<>();

  private final ReentrantLock changing = new ReentrantLock();

  /**
   * Held while listeners are told; taken after {@link #changing} was let go, so that telling delays
   * no change.
   */
  private final ReentrantLock telling = new ReentrantLock();

  @GuardedBy("changing")
  private final Queue<NodeEvent> untold = new ArrayDeque<>();

  private volatile RoutingTable table;

  /**
   * Creates a registry without nodes.
   *
   * @param pools makes the connection pool of a new node
   * @param selectors builds the policy's selector; called under the registry's lock, must not throw
   * @param clock nanoseconds, monotonic
   * @param nodeInFlight most calls under way on a node; 0 = no cap
   * @param firstVersion the cluster's version as long as there are no nodes, 0 or more; to be above
   *     any that an earlier registry of this balancer came to, so that no version is told twice
   */
  public NodeRegistry(
      Function<NodeAddress, UpstreamPool> pools,
      Function<NodeSnapshot, NodeSelector> selectors,
      LongSupplier clock,
      int nodeInFlight,
      long firstVersion) {
    this.pools = pools;
    this.selectors = selectors;
    this.clock = clock;
    this.nodeInFlight = nodeInFlight;
    NodeSet none = new NodeSet(firstVersion, clock.getAsLong(), new Node[0]);
    this.table = new RoutingTable(none, selectors.apply(none));
  }

  /**
   * The cluster as it is now.
   *
   * @return immutable
   */
  public RoutingTable table() {
    return table;
  }

  /**
   * Adds a listener, which hears of every later change; to be called before the first change.
   *
   * @param listener what is told
   */
  public void listen(NodeListener listener) {
    listeners.add(listener);
  }

  /**
   * Makes a change; returns when it is published and every listener has been told of it.
   *
   * @param change what to change
   * @return whether anything changed
   * @throws IllegalStateException if a node is to be added and there are {@link #MAX_NODES}
   */
  public boolean apply(NodeChange change) {
    return make(change) != null;
  }

  /**
   * Makes a change as {@link #apply} does.
   *
   * @param change what to change
   * @return what was published; null if nothing changed
   * @throws IllegalStateException if a node is to be added and there are {@link #MAX_NODES}
   */
  public @Nullable NodeEvent make(NodeChange change) {
    NodeEvent event;
    changing.lock();
    try {
      NodeSet nodes = table.nodes();
      event =
          switch (change) {
            case NodeChange.Add add -> add(nodes, add);
            case NodeChange.Remove remove -> remove(nodes, nodes.find(remove.address()));
            case NodeChange.Health health -> health(nodes, health);
            case NodeChange.Respecify respecify -> respecify(nodes, respecify);
          };
      if (event != null) {
        untold.add(event);
      }
    } finally {
      changing.unlock();
    }
    tell();
    return event;
  }

  @GuardedBy("changing")
  private @Nullable NodeEvent add(NodeSet nodes, NodeChange.Add add) {
    NodeAddress address = add.address();
    if (nodes.find(address) != null) {
      return null;
    }
    if (nodes.all().size() >= MAX_NODES) {
      throw new IllegalStateException(
          "node '" + address + "': there are " + MAX_NODES + " nodes, which is the most");
    }
    Node node =
        new Node(address, pools.apply(address), nodeInFlight, add.spec(), nodes.version() + 1);
    publish(nodes, nodes.with(node));
    return new NodeEvent(NodeEvent.Kind.ADDED, node, node.status());
  }

  @GuardedBy("changing")
  private @Nullable NodeEvent remove(NodeSet nodes, @Nullable Node node) {
    if (node == null) {
      return null;
    }
    NodeStatus last = node.status();
    publish(nodes, nodes.without(node));
    node.pool().close();
    return new NodeEvent(
        NodeEvent.Kind.REMOVED,
        node,
        new NodeStatus(last.spec(), last.healthy(), table.nodes().version(), last.revision()));
  }

  @GuardedBy("changing")
  private @Nullable NodeEvent health(NodeSet nodes, NodeChange.Health health) {
    NodeStatus old = health.node().status();
    return old.healthy() == health.healthy()
        ? null
        : change(
            nodes,
            NodeEvent.Kind.HEALTH_CHANGED,
            health.node(),
            new NodeStatus(old.spec(), health.healthy(), nodes.version() + 1, old.revision()));
  }

  @GuardedBy("changing")
  private @Nullable NodeEvent respecify(NodeSet nodes, NodeChange.Respecify change) {
    NodeStatus old = change.node().status();
    long next = nodes.version() + 1;
    return old.revision() != change.revision() || old.spec().equals(change.spec())
        ? null
        : change(
            nodes,
            NodeEvent.Kind.UPDATED,
            change.node(),
            new NodeStatus(change.spec(), old.healthy(), next, next));
  }

  @GuardedBy("changing")
  private @Nullable NodeEvent change(
      NodeSet nodes, NodeEvent.Kind kind, Node node, NodeStatus status) {
    if (nodes.find(node.address()) != node) {
      return null;
    }
    node.status(status);
    publish(nodes, nodes.same());
    return new NodeEvent(kind, node, status);
  }

  @GuardedBy("changing")
  private void publish(NodeSet before, Node[] nodes) {
    NodeSet after = new NodeSet(before.version() + 1, clock.getAsLong(), nodes);
    table = new RoutingTable(after, selectors.apply(after));
  }

  private void tell() {
    telling.lock();
    try {
      NodeEvent news;
      while ((news = nextUntold()) != null) {
        for (NodeListener listener : listeners) {
          tell(listener, news);
        }
      }
    } finally {
      telling.unlock();
    }
  }

  private static void tell(NodeListener listener, NodeEvent news) {
    switch (news.kind()) {
      case ADDED -> listener.added(news.node());
      case HEALTH_CHANGED -> listener.healthChanged(news.node(), news.status().healthy());
      case UPDATED -> {}
      case REMOVED -> listener.removed(news.node());
    }
    listener.changed(news);
  }

  private @Nullable NodeEvent nextUntold() {
    changing.lock();
    try {
      return untold.poll();
    } finally {
      changing.unlock();
    }
  }

  /** Removes every node. */
  @Override
  public void close() {
    for (Node node : table.nodes().all()) {
      apply(new NodeChange.Remove(node.address()));
    }
  }
}
