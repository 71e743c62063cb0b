package com.fnproject.lb.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fnproject.lb.CapturedLog;
import com.fnproject.lb.fn.FunctionTable;
import com.fnproject.lb.node.ForeignNode;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingResult;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A policy is foreign code: whatever it does costs a counter, never a call. */
class RouterTest {

  /** A policy whose every step is the test's. */
  private static final class Scripted implements RoutingPolicy {
    private NodeSelector selector = call -> null;
    private RuntimeException onBuild;
    private Error onResult;
    private final List<String> results = new ArrayList<>();

    @Override
    public NodeSelector newSelector(NodeSnapshot snapshot) {
      if (onBuild != null) {
        throw onBuild;
      }
      return selector;
    }

    @Override
    public void onMerged(RoutedFunction from, RoutedFunction into) {
      throw new AssertionError("bug");
    }

    @Override
    public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
      if (onResult != null) {
        throw onResult;
      }
      results.add(node.id() + " " + result.outcome());
    }
  }

  private record Result(Outcome outcome) implements RoutingResult {
    @Override
    public int status() {
      return 200;
    }

    @Override
    public long nowNanos() {
      return 0;
    }

    @Override
    public long latencyNanos() {
      return 0;
    }

    @Override
    public long waitNanos() {
      return -1;
    }

    @Override
    public long retryAfterNanos() {
      return -1;
    }
  }

  private static final HoldConfig HOLDS = new HoldConfig(3, 2, Duration.ofSeconds(8));

  private final Scripted policy = new Scripted();
  private final AtomicLong clock = new AtomicLong();
  private final MeterRegistry meters = MeterRegistry.create(MetricsConfig.create());
  private final Router router = new Router(policy, "scripted", HOLDS, clock::get, meters);
  private final NodeRegistry registry = Registries.unconnected(router::newSelector, clock::get);
  private final Node removed = removed();
  private final CapturedLog log = CapturedLog.of(Router.class);

  @AfterEach
  void closeEverything() {
    log.close();
    registry.close();
    router.close();
    meters.close();
  }

  private List<Node> addHealthyNodes(int count) {
    for (int i = 0; i < count; i++) {
      registry.apply(new NodeChange.Add(new NodeAddress("n" + i, 1)));
    }
    registry
        .table()
        .nodes()
        .all()
        .forEach(node -> registry.apply(new NodeChange.Health(node, true)));
    return registry.table().nodes().all();
  }

  private long faults() {
    return meters.getOrCreate(Counter.builder("fnlb.policy.faults")).count();
  }

  @Test
  void takesThePolicysNodeAndTellsItTheResultOnce() {
    List<Node> nodes = addHealthyNodes(3);
    policy.selector = unused -> nodes.get(2);
    registry.apply(new NodeChange.Add(new NodeAddress("n9", 1)));
    PlainCall call = new PlainCall(router);
    assertThat(router.select(registry, call)).isSameAs(nodes.get(2));
    router.onResult(call, nodes.get(2), new Result(Outcome.RAN));
    router.onResult(call, nodes.get(2), new Result(Outcome.BROKEN));
    assertThat(policy.results).containsExactly("n2:1 RAN");
    assertThat(faults()).isZero();
  }

  @Test
  void noNodeOfThePolicysIsNoNodeOnceAllWereTried() {
    List<Node> nodes = addHealthyNodes(2);
    PlainCall call = new PlainCall(router);
    nodes.forEach(call::addTried);
    assertThat(router.select(registry, call)).isNull();
    assertThat(faults()).isZero();
    registry.close();
    assertThat(router.select(registry, new PlainCall(router))).isNull();
    assertThat(faults()).isZero();
  }

  static List<Function<RouterTest, NodeSelector>> faultySelectors() {
    return List.of(
        test ->
            call -> {
              throw new IllegalStateException("bug");
            },
        test ->
            call -> {
              throw new AssertionError("bug");
            },
        test ->
            call -> {
              throw new NoSuchMethodError("built against another version");
            },
        test -> call -> overflow(call, 1),
        test -> call -> new ForeignNode(),
        test -> call -> null,
        test -> call -> test.removed,
        test ->
            call -> {
              call.hold(1);
              throw new IllegalStateException("bug");
            },
        test -> {
          Node gone = test.registry.table().nodes().all().getFirst();
          return call -> {
            ((PlainCall) call).addTried(gone);
            return gone;
          };
        });
  }

  /** A node of the right make that has left the cluster. */
  private Node removed() {
    registry.apply(new NodeChange.Add(new NodeAddress("gone", 1)));
    Node node = registry.table().nodes().all().getFirst();
    registry.apply(new NodeChange.Health(node, true));
    registry.apply(new NodeChange.Remove(node.address()));
    return node;
  }

  private static RoutingNode overflow(RoutingCall call, long depth) {
    return depth == 0 ? null : overflow(call, depth + 1);
  }

  @ParameterizedTest
  @MethodSource("faultySelectors")
  void aFaultyChoiceIsReplacedByOneInTurnAndNotReportedToThePolicy(
      Function<RouterTest, NodeSelector> faulty) {
    List<Node> nodes = addHealthyNodes(3);
    policy.selector = faulty.apply(this);
    registry.apply(new NodeChange.Add(new NodeAddress("n9", 1)));
    Set<Node> chosen = new HashSet<>();
    for (int i = 1; i <= 6; i++) {
      PlainCall call = new PlainCall(router);
      Node node = router.select(registry, call);
      assertThat(node).isNotNull();
      // One selector has the first node tried before it chooses it.
      assertThat(call.triedCount() == 2 && node == nodes.getFirst()).isFalse();
      assertThat(faults()).isEqualTo(i);
      chosen.add(node);
      router.onResult(call, node, new Result(Outcome.RAN));
    }
    assertThat(chosen).hasSizeGreaterThan(1);
    assertThat(policy.results).isEmpty();
  }

  @Test
  void aPolicyThatCannotBuildASelectorLeavesNodesInTurn() {
    policy.onBuild = new IllegalStateException("no memory for the ring");
    addHealthyNodes(2);
    assertThat(router.select(registry, new PlainCall(router))).isNotNull();
    assertThat(log.lines().getFirst())
        .startsWith("WARNING routing policy scripted failed to build");
  }

  @Test
  void aPolicyThatBuildsNullLeavesNodesInTurn() {
    policy.selector = null;
    addHealthyNodes(2);
    assertThat(router.select(registry, new PlainCall(router))).isNotNull();
  }

  @Test
  void aPolicyThatFailsToTakeAResultCostsACounter() {
    List<Node> nodes = addHealthyNodes(1);
    policy.selector = unused -> nodes.getFirst();
    policy.onResult = new AssertionError("books do not balance");
    registry.apply(new NodeChange.Add(new NodeAddress("n9", 1)));
    PlainCall call = new PlainCall(router);
    Node node = router.select(registry, call);
    router.onResult(call, node, new Result(Outcome.RAN));
    assertThat(faults()).isEqualTo(1);
    assertThat(log.lines())
        .containsExactly("WARNING routing policy scripted failed to take a result");
  }

  @Test
  void troubleOfTheVirtualMachineIsNotTakenForThePolicys() {
    addHealthyNodes(1);
    policy.selector =
        call -> {
          throw new InternalError("the machine is broken");
        };
    registry.apply(new NodeChange.Add(new NodeAddress("n9", 1)));
    assertThatThrownBy(() -> router.select(registry, new PlainCall(router)))
        .isInstanceOf(InternalError.class);
  }

  @Test
  void complainsOnceAMinuteHoweverOftenThePolicyFails() {
    addHealthyNodes(2);
    policy.selector =
        call -> {
          throw new IllegalStateException("bug");
        };
    registry.apply(new NodeChange.Add(new NodeAddress("n9", 1)));
    for (int second = 0; second <= 120; second++) {
      clock.set(second * 1_000_000_000L);
      Node unused = router.select(registry, new PlainCall(router));
    }
    assertThat(faults()).isEqualTo(121);
    assertThat(log.lines())
        .hasSize(3)
        .containsOnly("WARNING routing policy scripted failed to select a node");
  }

  @Test
  void choosesInTurnAmongTheNodesThatWereNotTried() {
    List<Node> nodes = addHealthyNodes(3);
    PlainCall call = new PlainCall(router);
    Set<Node> seen = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      Node node = router.inTurn(registry, call);
      assertThat(seen.add(node)).isTrue();
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(nodes);
    assertThat(router.inTurn(registry, call)).isNull();
    registry.apply(new NodeChange.Health(nodes.getFirst(), false));
    assertThat(router.inTurn(registry, new PlainCall(router))).isNotSameAs(nodes.getFirst());
  }

  /** Every pick takes this long, by the test's clock. */
  private void picksTake(long nanos) {
    Node node = registry.table().nodes().node(0);
    policy.selector =
        call -> {
          clock.addAndGet(nanos);
          asked++;
          return node;
        };
    registry.apply(new NodeChange.Add(new NodeAddress("n9", 1)));
  }

  private int asked;

  @Test
  void aSlowPolicyIsLeftForAMinuteAndThenTriedAgain() {
    List<Node> nodes = addHealthyNodes(3);
    picksTake(SlowSteps.SLOW_NANOS + 1);
    PlainCall early = new PlainCall(router);
    assertThat(router.select(registry, early)).isSameAs(nodes.getFirst());
    Set<Node> chosen = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      Node node = router.select(registry, new PlainCall(router));
      assertThat(node).isNotNull();
      chosen.add(node);
    }
    assertThat(asked).isEqualTo(SlowSteps.STRIKES);
    assertThat(chosen).hasSize(3);
    assertThat(log.lines())
        .containsExactly(
            "WARNING routing policy scripted is too slow: it took over 10 ms again and again, 10 ms"
                + " this time; nodes are chosen in turn for 60 s");
    assertThat(meters.getOrCreate(Counter.builder("fnlb.policy.slow")).count()).isEqualTo(1);
    // What it has booked is still reported.
    router.onResult(early, nodes.getFirst(), new Result(Outcome.RAN));
    assertThat(policy.results).containsExactly("n0:1 RAN");
    clock.addAndGet(Router.LEAVE_NANOS);
    for (int i = 0; i < 20; i++) {
      assertThat(router.select(registry, new PlainCall(router))).isNotNull();
    }
    assertThat(asked).isEqualTo(2 * SlowSteps.STRIKES);
    assertThat(log.lines()).hasSize(2);
    assertThat(faults()).isZero();
  }

  @Test
  void aFullNodeIsToldToThePolicyAsNotSentAndAnotherIsAskedFor() {
    registry.close();
    NodeRegistry capped = Registries.unconnected(router::newSelector, clock::get, 1);
    policy.selector = call -> null;
    for (int i = 0; i < 3; i++) {
      capped.apply(new NodeChange.Add(new NodeAddress("n" + i, 1)));
    }
    List<Node> nodes = capped.table().nodes().all();
    policy.selector =
        call -> nodes.stream().filter(node -> !call.tried(node)).findFirst().orElse(null);
    nodes.forEach(node -> capped.apply(new NodeChange.Health(node, true)));
    for (int i = 0; i < 3; i++) {
      assertThat(router.select(capped, new PlainCall(router))).isSameAs(nodes.get(i));
      assertThat(nodes.get(i).hasRoom()).isFalse();
    }
    assertThat(policy.results).containsExactly("n0:1 NOT_SENT", "n0:1 NOT_SENT", "n1:1 NOT_SENT");
    PlainCall none = new PlainCall(router);
    assertThat(router.select(capped, none)).isNull();
    assertThat(none.full()).isTrue();
    assertThat(router.inTurn(capped, new PlainCall(router))).isNull();
    nodes.get(1).end();
    assertThat(router.inTurn(capped, new PlainCall(router))).isSameAs(nodes.get(1));
    assertThat(nodes).extracting(Node::inFlight).containsOnly(1);
    assertThat(faults()).isZero();
    capped.close();
  }

  @Test
  void aFullClusterIsNotGoneThroughNodeByNode() {
    registry.close();
    NodeRegistry capped = Registries.unconnected(router::newSelector, clock::get, 1);
    for (int i = 0; i < 40; i++) {
      capped.apply(new NodeChange.Add(new NodeAddress("n" + i, 1)));
    }
    List<Node> nodes = capped.table().nodes().all();
    policy.selector =
        call -> {
          asked++;
          return nodes.stream().filter(node -> !call.tried(node)).findFirst().orElse(null);
        };
    nodes.forEach(node -> capped.apply(new NodeChange.Health(node, true)));
    nodes.subList(0, 39).forEach(node -> assertThat(node.tryBegin()).isTrue());
    assertThat(router.select(capped, new PlainCall(router))).isSameAs(nodes.getLast());
    assertThat(asked).isEqualTo(Router.MOST_FULL_CHOICES);
    capped.close();
  }

  @Test
  void mergersAndExplanationsThatFailCostACounter() {
    policy.selector =
        new NodeSelector() {
          @Override
          public RoutingNode select(RoutingCall call) {
            return null;
          }

          @Override
          public void explain(RoutingCall call, Explanation out) {
            throw new IllegalStateException("bug");
          }
        };
    registry.apply(new NodeChange.Add(new NodeAddress("n9", 1)));
    PlainCall call = new PlainCall(router);
    router.merged(call.function(), FunctionTable.unremembered("/t/c"));
    assertThat(faults()).isEqualTo(1);
    router.explain(registry.table(), call, null);
    assertThat(faults()).isEqualTo(2);
  }
}
