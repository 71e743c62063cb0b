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
import java.util.function.Consumer;
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
  private final Queue<Consumer<NodeListener>> untold = new ArrayDeque<>();

  private volatile RoutingTable table;

  /**
   * Creates a registry without nodes.
   *
   * @param pools makes the connection pool of a new node
   * @param selectors builds the policy's selector; called under the registry's lock, must not throw
   * @param clock nanoseconds, monotonic
   * @param nodeInFlight most calls under way on a node; 0 = no cap
   */
  public NodeRegistry(
      Function<NodeAddress, UpstreamPool> pools,
      Function<NodeSnapshot, NodeSelector> selectors,
      LongSupplier clock,
      int nodeInFlight) {
    this.pools = pools;
    this.selectors = selectors;
    this.clock = clock;
    this.nodeInFlight = nodeInFlight;
    NodeSet none = new NodeSet(0, clock.getAsLong(), new Node[0]);
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
    boolean changed;
    changing.lock();
    try {
      NodeSet nodes = table.nodes();
      changed =
          switch (change) {
            case NodeChange.Add add -> add(nodes, add.address());
            case NodeChange.Remove remove -> remove(nodes, nodes.find(remove.address()));
            case NodeChange.Health health -> health(nodes, health.node(), health.healthy());
          };
    } finally {
      changing.unlock();
    }
    tell();
    return changed;
  }

  @GuardedBy("changing")
  private boolean add(NodeSet nodes, NodeAddress address) {
    if (nodes.find(address) != null) {
      return false;
    }
    if (nodes.all().size() >= MAX_NODES) {
      throw new IllegalStateException(
          "node '" + address + "': there are " + MAX_NODES + " nodes, which is the most");
    }
    Node node = new Node(address, pools.apply(address), nodeInFlight);
    publish(nodes, nodes.with(node));
    untold.add(listener -> listener.added(node));
    return true;
  }

  @GuardedBy("changing")
  private boolean remove(NodeSet nodes, @Nullable Node node) {
    if (node == null) {
      return false;
    }
    publish(nodes, nodes.without(node));
    node.pool().close();
    untold.add(listener -> listener.removed(node));
    return true;
  }

  @GuardedBy("changing")
  private boolean health(NodeSet nodes, Node node, boolean healthy) {
    if (nodes.find(node.address()) != node || node.healthy() == healthy) {
      return false;
    }
    node.healthy(healthy);
    publish(nodes, nodes.same());
    untold.add(listener -> listener.healthChanged(node, healthy));
    return true;
  }

  @GuardedBy("changing")
  private void publish(NodeSet before, Node[] nodes) {
    NodeSet after = new NodeSet(before.version() + 1, clock.getAsLong(), nodes);
    table = new RoutingTable(after, selectors.apply(after));
  }

  private void tell() {
    telling.lock();
    try {
      Consumer<NodeListener> news;
      while ((news = nextUntold()) != null) {
        listeners.forEach(news);
      }
    } finally {
      telling.unlock();
    }
  }

  private @Nullable Consumer<NodeListener> nextUntold() {
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
