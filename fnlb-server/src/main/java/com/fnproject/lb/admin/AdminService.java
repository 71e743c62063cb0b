package com.fnproject.lb.admin;

import com.fnproject.lb.admin.AdminException.Kind;
import com.fnproject.lb.admin.AdminException.Violation;
import com.fnproject.lb.node.AdminState;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeEvent;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.NodeSpec;
import com.fnproject.lb.node.NodeStatus;
import com.fnproject.lb.node.Quoted;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What operators can do with the nodes. REST and gRPC are skins of this: they turn a request into a
 * call of one method here and its result, or its {@link AdminException}, into an answer, and decide
 * nothing. Every change is published when its method returns, and every later call, of whatever
 * skin, sees it. Thread-safe; but for a {@link Watch} nothing blocks for long.
 */
public final class AdminService {

  /** How many nodes a page has unless told otherwise. */
  public static final int DEFAULT_PAGE_SIZE = 100;

  /** How many nodes a page has at most. */
  public static final int MAX_PAGE_SIZE = 1000;

  private final NodeRegistry registry;
  private final String release;
  private final String policy;
  private final NodeFeed feed;
  private final int maxWatches;
  private final Semaphore watches;
  private final Counter watchLimit;
  private final Counter resyncs;

  /**
   * Creates the service; to be done before the registry's first change.
   *
   * @param registry the nodes that it shows and changes
   * @param release the balancer's version
   * @param policy the name of the routing policy
   * @param maxWatches most watches at once, above 0
   * @param meters where watches are counted
   */
  public AdminService(
      NodeRegistry registry, String release, String policy, int maxWatches, MeterRegistry meters) {
    this.registry = registry;
    this.release = release;
    this.policy = policy;
    this.maxWatches = maxWatches;
    watches = new Semaphore(maxWatches);
    feed = new NodeFeed(registry.table().nodes().version());
    registry.listen(feed);
    meters.getOrCreate(
        Gauge.builder("fnlb.watches", () -> maxWatches - watches.availablePermits())
            .description("Watches of the nodes that are open"));
    resyncs =
        meters.getOrCreate(
            Counter.builder("fnlb.watch.resyncs")
                .description("Times a watcher had to be told all nodes instead of the changes"));
    watchLimit =
        meters.getOrCreate(
            Counter.builder("fnlb.limits")
                .description("Times a limit was reached, by the setting that sets it")
                .tags(List.of(Tag.create("limit", "max-watches"))));
  }

  /**
   * Reads the name of a node as an operator may write it, such as {@code fn-1}, {@code
   * http://FN-1:8080/} or {@code [::1]:8080}.
   *
   * @throws AdminException INVALID_ARGUMENT with the field {@code node} if it names none
   */
  public static NodeAddress address(String name) {
    try {
      return NodeAddress.parse(name);
    } catch (IllegalArgumentException e) {
      throw invalid("node", String.valueOf(e.getMessage()));
    }
  }

  /**
   * Lists nodes in the order of their names. A node that is there from the first page to the last
   * is in exactly one of them.
   *
   * @param pageSize how many nodes, at most {@value #MAX_PAGE_SIZE}, what is above counts as that;
   *     0 = {@value #DEFAULT_PAGE_SIZE}
   * @param pageToken empty for the first page, then {@link NodePage#nextPageToken()}
   * @throws AdminException INVALID_ARGUMENT with the field {@code page_size} or {@code page_token}
   */
  public NodePage list(int pageSize, String pageToken) {
    if (pageSize < 0) {
      throw invalid("page_size", pageSize + " (expected: 0 or more)");
    }
    int size = pageSize == 0 ? DEFAULT_PAGE_SIZE : Math.min(pageSize, MAX_PAGE_SIZE);
    NodeNews.Snapshot part = feed.part(lastOfPage(pageToken), size + 1);
    if (part.nodes().size() <= size) {
      return new NodePage(part.nodes(), "", part.version());
    }
    List<NodeView> nodes = part.nodes().subList(0, size);
    return new NodePage(nodes, pageToken(nodes.getLast()), part.version());
  }

  /** All nodes, in the order of their names. */
  public List<NodeView> all() {
    return feed.part("", Integer.MAX_VALUE).nodes();
  }

  private static String pageToken(NodeView last) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(last.node().getBytes(StandardCharsets.UTF_8));
  }

  private static String lastOfPage(String pageToken) {
    if (pageToken.isEmpty()) {
      return "";
    }
    try {
      String name = new String(Base64.getUrlDecoder().decode(pageToken), StandardCharsets.UTF_8);
      return NodeAddress.parse(name).toString();
    } catch (IllegalArgumentException e) {
      throw invalid("page_token", Quoted.of(pageToken) + " (expected: one that a list gave)");
    }
  }

  /**
   * Shows one node.
   *
   * @throws AdminException NOT_FOUND
   */
  public NodeView get(NodeAddress address) {
    Node node = find(address);
    return NodeView.of(node, node.status());
  }

  private Node find(NodeAddress address) {
    Node node = registry.table().nodes().find(address);
    if (node == null) {
      throw new AdminException(
          Kind.NOT_FOUND, "node " + Quoted.of(address.toString()) + ": not in the cluster");
    }
    return node;
  }

  /**
   * Adds a node, which is checked at once and serves when that succeeds. Nothing changes if it is
   * in the cluster: asking twice does no harm. A node that was removed and comes back is a new one,
   * with what is said here and nothing of what it had.
   *
   * @param spec what to say of it; null if nothing is said: it gets {@link NodeSpec#INITIAL} if it
   *     is new, else what it has stays
   * @return the node, new or as it was
   * @throws AdminException ALREADY_EXISTS if it is in the cluster with another spec than this,
   *     RESOURCE_EXHAUSTED if there are as many nodes as there may be
   */
  public NodeView add(NodeAddress address, @Nullable NodeSpec spec) {
    NodeChange.Add add = new NodeChange.Add(address, spec == null ? NodeSpec.INITIAL : spec);
    while (true) {
      NodeEvent added = made(add);
      if (added != null) {
        return NodeView.of(added.node(), added.status());
      }
      Node node = registry.table().nodes().find(address);
      if (node != null) {
        NodeStatus status = node.status();
        if (spec != null && !spec.equals(status.spec())) {
          throw new AdminException(
              Kind.ALREADY_EXISTS,
              "node "
                  + Quoted.of(address.toString())
                  + ": in the cluster already, with another state, weight or labels");
        }
        return NodeView.of(node, status);
      }
    }
  }

  private @Nullable NodeEvent made(NodeChange change) {
    try {
      return registry.make(change);
    } catch (IllegalStateException e) {
      throw new AdminException(Kind.RESOURCE_EXHAUSTED, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Removes a node; calls under way there finish. Nothing changes if it is not in the cluster.
   *
   * @return whether it was
   */
  public boolean remove(NodeAddress address) {
    return registry.apply(new NodeChange.Remove(address));
  }

  /**
   * Changes what is said of a node, all at once or nothing. A node that is drained is chosen by no
   * call from the moment in which this returns.
   *
   * @param patch what to change
   * @return the node from then on
   * @throws AdminException INVALID_ARGUMENT if a field is out of bounds, or nothing is to be
   *     changed; NOT_FOUND; FAILED_PRECONDITION if the revision is another than the patch names
   */
  public NodeView update(NodeAddress address, NodePatch patch) {
    check(patch);
    if (patch.state() == null && patch.weight() == null && patch.labels() == null) {
      throw new AdminException(
          Kind.INVALID_ARGUMENT, "nothing to change (expected: a state, a weight or labels)");
    }
    while (true) {
      Node node = find(address);
      NodeStatus status = node.status();
      Long revision = patch.revision();
      if (revision != null && revision != status.revision()) {
        throw new AdminException(
            Kind.FAILED_PRECONDITION,
            "node "
                + Quoted.of(address.toString())
                + ": its revision is "
                + status.revision()
                + " (expected: "
                + revision
                + ")");
      }
      NodeSpec spec = patched(status.spec(), patch);
      if (spec.equals(status.spec())) {
        return NodeView.of(node, status);
      }
      NodeEvent updated = made(new NodeChange.Respecify(node, status.revision(), spec));
      if (updated != null) {
        return NodeView.of(node, updated.status());
      }
    }
  }

  private static void check(NodePatch patch) {
    List<Violation> violations = new ArrayList<>();
    if (patch.weight() != null) {
      for (String fault : NodeSpec.weightFaults(patch.weight())) {
        violations.add(new Violation("weight", fault));
      }
    }
    if (patch.labels() != null) {
      for (String fault : NodeSpec.labelFaults(patch.labels())) {
        violations.add(new Violation("labels", fault));
      }
    }
    if (!violations.isEmpty()) {
      throw new AdminException(violations);
    }
  }

  private static NodeSpec patched(NodeSpec spec, NodePatch patch) {
    AdminState state = patch.state();
    Double weight = patch.weight();
    Map<String, String> labels = patch.labels();
    return new NodeSpec(
        state == null ? spec.state() : state,
        weight == null ? spec.weight() : weight,
        labels == null ? spec.labels() : labels);
  }

  /**
   * Makes what is said of a node that is to be added.
   *
   * @param patch what is said; where it is null the node gets what {@link NodeSpec#INITIAL} has;
   *     the revision does not matter
   * @throws AdminException INVALID_ARGUMENT if a field is out of bounds
   */
  public static NodeSpec spec(NodePatch patch) {
    check(patch);
    return patched(NodeSpec.INITIAL, patch);
  }

  /** The balancer and its nodes in numbers. */
  public ClusterView cluster() {
    NodeNews.Snapshot now = feed.part("", Integer.MAX_VALUE);
    int draining = 0;
    int healthy = 0;
    int eligible = 0;
    for (NodeView node : now.nodes()) {
      draining += node.spec().state() == AdminState.DRAINING ? 1 : 0;
      healthy += node.healthy() ? 1 : 0;
      eligible += node.eligible() ? 1 : 0;
    }
    return new ClusterView(
        release, policy, now.nodes().size(), draining, healthy, eligible, now.version());
  }

  /**
   * Follows the nodes; to be closed by the caller.
   *
   * @param after the version that the watcher knows, to be told what came after it; null to be told
   *     all nodes first
   * @throws AdminException RESOURCE_EXHAUSTED if there are as many watches as there may be,
   *     UNAVAILABLE if the balancer is about to end
   */
  public Watch watch(@Nullable Long after) {
    if (feed.ended()) {
      throw new AdminException(Kind.UNAVAILABLE, "the load balancer is about to end");
    }
    if (!watches.tryAcquire()) {
      watchLimit.increment();
      throw new AdminException(
          Kind.RESOURCE_EXHAUSTED, "there are " + maxWatches + " watches, which is the most");
    }
    return new Watch(feed, watches, resyncs, after);
  }

  /** Ends all watches; there are none from now on. */
  public void endWatches() {
    feed.end();
  }

  private static AdminException invalid(String field, String description) {
    return new AdminException(List.of(new Violation(field, description)));
  }
}
