package com.fnproject.lb.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class NodeRegistryTest {

  /** Remembers what it was built for. */
  private record BuiltFor(NodeSnapshot snapshot) implements NodeSelector {
    @Override
    public Node select(com.fnproject.lb.spi.RoutingCall call) {
      return null;
    }
  }

  private enum What {
    ADD,
    REMOVE,
    HEALTHY,
    SICK,
    DRAIN,
    ENABLE,
    WEIGH
  }

  private record Step(What what, int node) {
    NodeAddress address() {
      return new NodeAddress("10.0.0." + node, 8080);
    }

    /** What the operator says of a node after this step. */
    NodeSpec asked(NodeSpec before) {
      return switch (what) {
        case DRAIN -> new NodeSpec(AdminState.DRAINING, before.weight(), before.labels());
        case ENABLE -> new NodeSpec(AdminState.ENABLED, before.weight(), before.labels());
        case WEIGH -> new NodeSpec(before.state(), 1 + node % 3, Map.of("step", "" + node));
        default -> before;
      };
    }
  }

  private static NodeRegistry registry() {
    return Registries.unconnected(BuiltFor::new, System::nanoTime);
  }

  private static boolean apply(NodeRegistry registry, Step step) {
    Node known = registry.table().nodes().find(step.address());
    return switch (step.what()) {
      case ADD -> registry.apply(new NodeChange.Add(step.address()));
      case REMOVE -> registry.apply(new NodeChange.Remove(step.address()));
      case HEALTHY, SICK ->
          known != null
              && registry.apply(new NodeChange.Health(known, step.what() == What.HEALTHY));
      case DRAIN, ENABLE, WEIGH ->
          known != null
              && registry.apply(
                  new NodeChange.Respecify(
                      known, known.status().revision(), step.asked(known.status().spec())));
    };
  }

  private static NodeSpec put(Map<String, NodeSpec> specs, String id, NodeSpec spec) {
    specs.put(id, spec);
    return spec;
  }

  private static List<String> eligible(NodeSnapshot snapshot) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < snapshot.size(); i++) {
      ids.add(snapshot.node(i).id());
    }
    return ids;
  }

  @Test
  void alreadyTheFirstSnapshotTellsWhenItWasMade() {
    try (NodeRegistry registry = Registries.unconnected(BuiltFor::new, () -> -42)) {
      assertThat(((BuiltFor) registry.table().selector()).snapshot().nowNanos()).isEqualTo(-42);
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(Arbitraries.of(What.class), Arbitraries.integers().between(1, 12))
        .as(Step::new)
        .list()
        .ofMaxSize(60);
  }

  @Property
  void anySequenceOfChangesLeavesWhatANaiveModelSays(@ForAll("steps") List<Step> steps) {
    try (NodeRegistry registry = registry()) {
      Map<String, Boolean> model = new TreeMap<>();
      Map<String, NodeSpec> specs = new TreeMap<>();
      Map<String, Node> identities = new HashMap<>();
      for (Step step : steps) {
        RoutingTable before = registry.table();
        String id = step.address().toString();
        Boolean health = model.get(id);
        NodeSpec spec = specs.getOrDefault(id, NodeSpec.INITIAL);
        boolean expected =
            switch (step.what()) {
              case ADD -> model.putIfAbsent(id, false) == null;
              case REMOVE -> model.remove(id) != null;
              case HEALTHY -> health != null && !health && model.put(id, true) != null;
              case SICK -> health != null && health && model.put(id, false) != null;
              case DRAIN, ENABLE, WEIGH ->
                  health != null
                      && !step.asked(spec).equals(spec)
                      && step.asked(spec).equals(put(specs, id, step.asked(spec)));
            };
        specs.keySet().retainAll(model.keySet());
        assertThat(apply(registry, step)).as(step.toString()).isEqualTo(expected);

        RoutingTable after = registry.table();
        if (!expected) {
          assertThat(after).isSameAs(before);
        }
        assertThat(after.nodes().version())
            .isEqualTo(before.nodes().version() + (expected ? 1 : 0));
        assertThat(after.nodes().all())
            .extracting(Node::id)
            .containsExactlyElementsOf(model.keySet());
        assertThat(eligible(after.nodes()))
            .containsExactlyElementsOf(
                model.keySet().stream()
                    .filter(model::get)
                    .filter(
                        name ->
                            specs.getOrDefault(name, NodeSpec.INITIAL).state()
                                == AdminState.ENABLED)
                    .toList());
        assertThat(after.selector()).isEqualTo(new BuiltFor(after.nodes()));
        identities.keySet().retainAll(model.keySet());
        for (Node node : after.nodes().all()) {
          assertThat(identities.computeIfAbsent(node.id(), unused -> node)).isSameAs(node);
          assertThat(node.status().spec())
              .isEqualTo(specs.getOrDefault(node.id(), NodeSpec.INITIAL));
        }
      }
    }
  }

  @Test
  void nodesStandInByteOrderOfTheirNames() {
    try (NodeRegistry registry = registry()) {
      for (String name : List.of("b:1", "10.0.0.2", "a:9", "a:10", "[::1]", "10.0.0.10")) {
        registry.apply(new NodeChange.Add(NodeAddress.parse(name)));
      }
      assertThat(registry.table().nodes().all())
          .extracting(Node::id)
          .containsExactly("10.0.0.10:8080", "10.0.0.2:8080", "[::1]:8080", "a:10", "a:9", "b:1");
    }
  }

  @Test
  void aNodeThatComesBackIsANewOneWithNewState() {
    try (NodeRegistry registry = registry()) {
      NodeAddress address = new NodeAddress("a", 1);
      registry.apply(new NodeChange.Add(address));
      Node first = registry.table().nodes().find(address);
      Object state = first.state(node -> new Object());
      assertThat(first.<Object>state(node -> new Object())).isSameAs(state);
      registry.apply(new NodeChange.Health(first, true));
      registry.apply(new NodeChange.Remove(address));
      registry.apply(new NodeChange.Add(address));
      Node second = registry.table().nodes().find(address);
      assertThat(second).isNotSameAs(first);
      assertThat(second.healthy()).isFalse();
      assertThat(second.<Object>state(node -> new Object())).isNotSameAs(state);
      assertThat(registry.apply(new NodeChange.Health(first, false)))
          .as("late news of the node that was removed")
          .isFalse();
    }
  }

  @Test
  void eachVersionIsToldOnceInOrderWithTheStatusOfThen() {
    try (NodeRegistry registry =
        new NodeRegistry(
            address -> Registries.pool(address, () -> 0), BuiltFor::new, () -> 0, 0, 1000)) {
      List<String> told = new ArrayList<>();
      registry.listen(
          new NodeListener() {
            @Override
            public void changed(NodeEvent event) {
              NodeStatus status = event.status();
              told.add(
                  "%s %d %s %s %d"
                      .formatted(
                          event.kind(),
                          status.version(),
                          status.spec().state(),
                          status.healthy() ? "healthy" : "sick",
                          status.revision()));
            }

            @Override
            public void healthChanged(Node node, boolean healthy) {
              told.add("health only");
            }
          });
      NodeAddress address = new NodeAddress("a", 1);
      registry.apply(new NodeChange.Add(address));
      Node node = registry.table().nodes().find(address);
      NodeSpec drained = new NodeSpec(AdminState.DRAINING, 1, Map.of());
      registry.apply(new NodeChange.Respecify(node, 1001, drained));
      registry.apply(new NodeChange.Health(node, true));
      registry.apply(new NodeChange.Respecify(node, 1001, NodeSpec.INITIAL));
      registry.apply(new NodeChange.Respecify(node, 1002, NodeSpec.INITIAL));
      registry.apply(new NodeChange.Remove(address));
      registry.apply(new NodeChange.Respecify(node, 1004, drained));
      registry.apply(new NodeChange.Add(address, drained));
      assertThat(told)
          .containsExactly(
              "ADDED 1001 ENABLED sick 1001",
              "UPDATED 1002 DRAINING sick 1002",
              "health only",
              "HEALTH_CHANGED 1003 DRAINING healthy 1002",
              "UPDATED 1004 ENABLED healthy 1004",
              "REMOVED 1005 ENABLED healthy 1004",
              "ADDED 1006 DRAINING sick 1006");
    }
  }

  @Test
  void takesNoMoreThanTheMostNodesAndSaysWhichWasTooMany() {
    try (NodeRegistry registry = registry()) {
      for (int i = 0; i < NodeRegistry.MAX_NODES; i++) {
        registry.apply(new NodeChange.Add(new NodeAddress("n" + i, 1)));
      }
      assertThatIllegalStateException()
          .isThrownBy(() -> registry.apply(new NodeChange.Add(new NodeAddress("onemore", 1))))
          .withMessage("node 'onemore:1': there are 10000 nodes, which is the most");
      assertThat(registry.apply(new NodeChange.Add(new NodeAddress("n0", 1)))).isFalse();
      registry.apply(new NodeChange.Remove(new NodeAddress("n0", 1)));
      assertThat(registry.apply(new NodeChange.Add(new NodeAddress("onemore", 1)))).isTrue();
    }
  }

  /**
   * Several threads change the cluster while another reads. The races: two writers publishing sets
   * that do not build on one another (a change would be lost), a reader seeing a selector with
   * another set than its own, listeners told out of order.
   */
  @Property(tries = 20)
  void concurrentChangesAreNeitherLostNorTornNorToldOutOfOrder(
      @ForAll("steps") @Size(40) List<Step> steps) throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    try (NodeRegistry registry = registry();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      registry.listen(
          new NodeListener() {
            @Override
            public void added(Node node) {
              told.add("+" + node.id());
            }

            @Override
            public void removed(Node node) {
              told.add("-" + node.id());
            }
          });
      CountDownLatch start = new CountDownLatch(1);
      AtomicBoolean done = new AtomicBoolean();
      Future<?> reader =
          threads.submit(
              () -> {
                while (!done.get()) {
                  RoutingTable table = registry.table();
                  assertThat(table.selector()).isEqualTo(new BuiltFor(table.nodes()));
                  Thread.onSpinWait();
                }
              });
      List<Future<?>> writers = new ArrayList<>();
      for (int writer = 0; writer < 4; writer++) {
        int first = writer;
        writers.add(
            threads.submit(
                () -> {
                  start.await();
                  for (int i = first; i < steps.size(); i += 4) {
                    boolean unused = apply(registry, steps.get(i));
                  }
                  return null;
                }));
      }
      start.countDown();
      for (Future<?> writer : writers) {
        writer.get();
      }
      done.set(true);
      reader.get();

      Map<String, Boolean> replayed = new TreeMap<>();
      for (String news : told) {
        String id = news.substring(1);
        if (news.startsWith("+")) {
          assertThat(replayed.put(id, true)).as(news).isNull();
        } else {
          assertThat(replayed.remove(id)).as(news).isNotNull();
        }
      }
      assertThat(registry.table().nodes().all())
          .extracting(Node::id)
          .containsExactlyElementsOf(replayed.keySet());
    }
  }
}
