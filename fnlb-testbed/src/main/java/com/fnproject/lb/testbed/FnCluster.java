package com.fnproject.lb.testbed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/**
 * Several {@link FnNode}s on one {@link FnDatabase}, with one count of executions.
 *
 * {@snippet :
 * try (FnCluster cluster = FnCluster.start(3)) {
 *   cluster.addSamples();
 *   balancer.start(cluster.names());
 * }
 * }
 *
 * <p>Thread-safe.
 */
public final class FnCluster implements AutoCloseable {
  private final FnNodeConfig config;
  private final FnDatabase database = new FnDatabase();
  private final Executions executions = new Executions();
  private final List<FnNode> nodes = new CopyOnWriteArrayList<>();

  private FnCluster(FnNodeConfig config) {
    this.config = config;
  }

  public static FnCluster start(int nodes) {
    return start(nodes, FnNodeConfig.create());
  }

  /**
   * Starts this many nodes. Each has a seed of its own; with a port given, the following nodes take
   * the ports after it.
   */
  public static FnCluster start(int nodes, FnNodeConfig config) {
    FnCluster cluster = new FnCluster(config);
    try {
      for (int i = 0; i < nodes; i++) {
        FnNode unused = cluster.addNode();
      }
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /** One more node like the others. */
  public FnNode addNode() {
    return addNode(UnaryOperator.identity());
  }

  /** One more node, different in what the change says. */
  public synchronized FnNode addNode(UnaryOperator<FnNodeConfig> change) {
    int index = nodes.size();
    int port = config.port() == 0 ? 0 : config.port() + index;
    FnNode node =
        FnNode.start(
            change.apply(config.port(port).seed(config.seed() + index)), database, executions);
    nodes.add(node);
    return node;
  }

  /** Stops a node; its port is free and its containers are lost. */
  public void stop(int index) {
    nodes.get(index).close();
  }

  /** Starts a stopped node again, cold, on the port it had. */
  public synchronized FnNode restart(int index) {
    FnNode old = nodes.get(index);
    old.close();
    FnNode node = FnNode.start(old.config().port(old.port()), database, executions);
    nodes.set(index, node);
    return node;
  }

  public FnNode node(int index) {
    return nodes.get(index);
  }

  public List<FnNode> nodes() {
    return List.copyOf(nodes);
  }

  /** {@code host:port} of every node, stopped ones included, as {@code --nodes} wants them. */
  public List<String> names() {
    return nodes.stream().map(FnNode::name).toList();
  }

  public FnDatabase database() {
    return database;
  }

  /** Executions on all nodes. */
  public Executions executions() {
    return executions;
  }

  /** What every function did on every node, for a live table. */
  public List<FunctionRow> rows() {
    List<FunctionRow> rows = new ArrayList<>();
    for (FnNode node : nodes) {
      rows.addAll(node.rows());
    }
    return rows;
  }

  /** Adds the app "demo" with {@link SampleFunction#all()}; answers them with their ids. */
  public Map<SampleFunction, String> addSamples() {
    return database.addSamples();
  }

  @Override
  public void close() {
    RuntimeException failed = null;
    for (FnNode node : nodes.reversed()) {
      try {
        node.close();
      } catch (RuntimeException e) {
        failed = e;
      }
    }
    executions.close();
    if (failed != null) {
      throw failed;
    }
  }
}
