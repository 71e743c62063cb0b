package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One balancer in virtual time: drives a policy through the SPI as the server does, without threads
 * or sockets. Several drivers may share an agenda and a cluster.
 *
 * <p>Unlike the server, which saves the call, it answers whatever a policy may not do with an
 * {@link AssertionError} that names the policy; the driver is of no use then. Belongs to one
 * thread.
 */
public final class PolicyDriver implements AutoCloseable {

  /** Nodes that a call is sent to at most; the server's default. */
  public static final int ATTEMPTS = 3;

  /** Calls of one function that are held at most; the server's default. */
  public static final int HELD_PER_FUNCTION = 64;

  /** Calls that are held at most; the server's default. */
  public static final int HELD_IN_ALL = 1000;

  /** How long a call is held at most, in nanoseconds; the server's default. */
  public static final long HOLD_NANOS = 8_000_000_000L;

  final Agenda agenda;
  final Cluster cluster;
  final Referee referee;
  private final Map<String, DrivenNode> nodes = new LinkedHashMap<>();
  private final Map<String, DrivenFunction> functions = new LinkedHashMap<>();
  private final Set<DrivenCall> underWay = new LinkedHashSet<>();
  private int held;
  private long readings;
  private boolean closed;

  /**
   * Creates the policy and has it build a selector for no nodes.
   *
   * @param provider the policy's provider
   * @param options the policy's options
   * @param seed of the policy's randomness
   * @param agenda the time
   * @param cluster what answers the calls
   */
  public PolicyDriver(
      RoutingPolicyProvider provider,
      Map<String, String> options,
      long seed,
      Agenda agenda,
      Cluster cluster) {
    this.agenda = agenda;
    this.cluster = cluster;
    referee = new Referee(this, provider, new SeededContext(options, seed));
    nodesChanged();
  }

  /**
   * The policy that is driven, for tests that know it.
   *
   * @return what the provider created
   */
  public RoutingPolicy policy() {
    return referee.policy;
  }

  /**
   * Finds a node, or adds it with a weight of 1.
   *
   * @param id its name
   * @return the same object for as long as the node is in the cluster
   */
  public DrivenNode node(String id) {
    DrivenNode node = nodes.get(id);
    if (node == null) {
      node = new DrivenNode(id, this);
      nodes.put(id, node);
      nodesChanged();
    }
    return node;
  }

  /**
   * Adds nodes by one change of the cluster.
   *
   * @param ids their names; those that are there stay as they are
   */
  public void nodes(Collection<String> ids) {
    boolean added = false;
    for (String id : ids) {
      added |= nodes.putIfAbsent(id, new DrivenNode(id, this)) == null;
    }
    if (added) {
      nodesChanged();
    }
  }

  /**
   * The nodes of the cluster, eligible or not.
   *
   * @return a copy, in the order of their joining
   */
  public List<DrivenNode> nodes() {
    return List.copyOf(nodes.values());
  }

  /**
   * Removes a node; calls under way there go on. It comes back as a new object.
   *
   * @param node a node of this driver
   */
  public void remove(DrivenNode node) {
    if (nodes.remove(node.id(), node)) {
      nodesChanged();
      publish(node, null, Map.of());
    }
  }

  void nodesChanged() {
    long version = referee.snapshot().version() + 1;
    List<DrivenNode> eligible = new ArrayList<>();
    for (DrivenNode node : nodes.values()) {
      if (node.eligible()) {
        node.version = version;
        eligible.add(node);
      }
    }
    referee.newSelector(new Snapshot(version, agenda.nowNanos(), eligible));
  }

  /**
   * Finds a function, or makes it known.
   *
   * @param key its routing key
   * @return the function that calls with this key belong to
   */
  public DrivenFunction function(String key) {
    return functions.computeIfAbsent(key, absent -> new DrivenFunction(absent, this));
  }

  /**
   * Forgets a function, as a server does with the least used. It comes back as a new object.
   *
   * @param function a function of this driver
   */
  public void forget(DrivenFunction function) {
    functions.values().removeIf(each -> each == function);
  }

  /**
   * Lets two functions turn out to be one. Calls under way keep the one they have.
   *
   * @param from the one that is given up; its key leads to the other from now on
   * @param into the one that stays
   */
  public void merge(DrivenFunction from, DrivenFunction into) {
    functions.replaceAll((key, function) -> function == from ? into : function);
    referee.merged(from, into);
  }

  /**
   * Publishes what a node told: the functions' warmth, then the node's reading. Functions that had
   * containers there by an earlier reading and are not named have none any more.
   *
   * @param node a node of this driver
   * @param reading what the node told of itself; null if it cannot be read any more, which voids
   *     what it told before
   * @param functions what it told of functions
   */
  public void reading(
      DrivenNode node, @Nullable NodeReading reading, Map<DrivenFunction, Containers> functions) {
    readings++;
    publish(node, reading, functions);
  }

  private void publish(
      DrivenNode node, @Nullable NodeReading reading, Map<DrivenFunction, Containers> functions) {
    long scrapedNanos = reading == null ? 0 : reading.scrapedNanos();
    node.told.removeAll(functions.keySet());
    node.told.forEach(silent -> silent.told(node, scrapedNanos, null));
    node.told.clear();
    functions.forEach((function, containers) -> function.told(node, scrapedNanos, containers));
    node.told.addAll(functions.keySet());
    node.publish(reading);
  }

  long readings() {
    return readings;
  }

  /**
   * Starts a call now.
   *
   * @param function what is called
   * @param whenOver told once, when the call is over in whatever way; possibly before this returns
   * @return the call
   */
  public DrivenCall call(DrivenFunction function, Consumer<DrivenCall> whenOver) {
    return call(function, CallHead.PLAIN, null, whenOver);
  }

  /**
   * Starts a call now.
   *
   * @param function what is called
   * @param head what the client wrote
   * @param attachment whatever {@link DrivenCall#attachment()} is to return
   * @param whenOver told once, when the call is over in whatever way; possibly before this returns
   * @return the call
   */
  public DrivenCall call(
      DrivenFunction function,
      CallHead head,
      @Nullable Object attachment,
      Consumer<DrivenCall> whenOver) {
    if (closed) {
      throw new IllegalStateException("the driver is closed");
    }
    DrivenCall call = new DrivenCall(this, function, head, attachment, whenOver);
    underWay.add(call);
    call.seekNode();
    return call;
  }

  /**
   * Asks the policy where a call would go and why.
   *
   * @param function what would be called
   * @return empty of candidates and decision if the policy does not explain itself
   */
  public Explained explain(DrivenFunction function) {
    DrivenCall call = new DrivenCall(this, function, CallHead.PLAIN, null, ignored -> {});
    call.beginAttempt(1);
    return referee.explain(call);
  }

  /**
   * How many calls are not over, held ones included.
   *
   * @return 0 or more
   */
  public int underWay() {
    return underWay.size();
  }

  /**
   * How many calls are held.
   *
   * @return 0 or more
   */
  public int held() {
    return held;
  }

  /** Ends all calls, held ones with {@link HoldEnd#CLOSING}, and closes the policy. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (DrivenCall call : List.copyOf(underWay)) {
      call.stop(HoldEnd.CLOSING);
    }
    referee.close();
  }

  boolean hasRoomToHold(DrivenFunction function) {
    return held < HELD_IN_ALL && function.held() < HELD_PER_FUNCTION;
  }

  void heldMore(int calls) {
    held += calls;
  }

  void over(DrivenCall call) {
    underWay.remove(call);
  }
}
