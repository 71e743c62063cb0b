package com.fnproject.lb.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.node.AdminState;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeEvent.Kind;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.NodeSpec;
import com.fnproject.lb.node.Registries;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AdminServiceTest {

  private static final int MAX_WATCHES = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final NodePatch DRAIN = new NodePatch(AdminState.DRAINING, null, null, null);
  private static final NodePatch ENABLE = new NodePatch(AdminState.ENABLED, null, null, null);

  private MeterRegistry meters;
  private NodeRegistry registry;
  private AdminService service;

  @BeforeEach
  void start() {
    meters = MeterRegistry.create(MetricsConfig.create());
    registry = Registries.unconnected(nodes -> call -> null, () -> 0);
    service = new AdminService(registry, "1.2.3", "some-policy", MAX_WATCHES, meters);
  }

  @AfterEach
  void stop() {
    registry.close();
    meters.close();
  }

  private static NodeAddress node(int number) {
    return new NodeAddress("n" + number, 1);
  }

  private void add(int from, int to) {
    for (int i = from; i <= to; i++) {
      service.add(node(i), null);
    }
  }

  private static NodePatch weight(double weight) {
    return new NodePatch(null, weight, null, null);
  }

  private static List<String> names(List<NodeView> nodes) {
    return nodes.stream().map(NodeView::node).toList();
  }

  private static AdminException refused(Runnable request) {
    try {
      request.run();
    } catch (AdminException e) {
      return e;
    }
    throw new AssertionError("not refused");
  }

  @Test
  void listsPageByPageInTheOrderOfNamesWhateverChangesBetween() {
    add(10, 34);
    NodePage first = service.list(10, "");
    assertThat(names(first.nodes())).hasSize(10).startsWith("n10:1").endsWith("n19:1");
    assertThat(first.version()).isEqualTo(25);
    service.remove(node(19));
    service.remove(node(20));
    service.add(node(0), null);
    NodePage second = service.list(10, first.nextPageToken());
    assertThat(names(second.nodes())).hasSize(10).startsWith("n21:1").endsWith("n30:1");
    NodePage third = service.list(10, second.nextPageToken());
    assertThat(names(third.nodes())).containsExactly("n31:1", "n32:1", "n33:1", "n34:1");
    assertThat(third.nextPageToken()).isEmpty();
  }

  @Test
  void aLastPageThatIsFullHasNoneAfterIt() {
    add(1, 4);
    NodePage first = service.list(2, "");
    assertThat(service.list(2, first.nextPageToken()).nextPageToken()).isEmpty();
    assertThat(service.list(0, "").nodes()).hasSize(4);
  }

  @Test
  void aPageHas100NodesByDefaultAnd1000AtMost() {
    add(1, 1100);
    assertThat(service.list(0, "").nodes()).hasSize(100);
    assertThat(service.list(5000, "").nodes()).hasSize(1000);
    assertThat(service.all()).hasSize(1100);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-1 | '' | page_size  | -1 (expected: 0 or more)",
        "1  | %% | page_token | '%%' (expected: one that a list gave)",
        "1  | ISEh | page_token | 'ISEh' (expected: one that a list gave)",
      })
  void refusesPagesThatCannotBe(int size, String token, String field, String description) {
    AdminException refusal = refused(() -> service.list(size, token));
    assertThat(refusal.kind()).isEqualTo(AdminException.Kind.INVALID_ARGUMENT);
    assertThat(refusal.violations())
        .containsExactly(new AdminException.Violation(field, description));
  }

  @Test
  void anAddedNodeIsEnabledWeighsOneAndIsUnchecked() {
    NodeView added = service.add(node(1), null);
    assertThat(added).isEqualTo(new NodeView("n1:1", NodeSpec.INITIAL, false, 0, 1, 1));
    assertThat(added.eligible()).isFalse();
    assertThat(service.get(node(1))).isEqualTo(added);
    assertThat(service.add(node(1), null)).isEqualTo(added);
  }

  @Test
  void addingWithASpecTakesItAndWillNotChangeThatOfANodeThatIsThere() {
    NodeSpec spec = new NodeSpec(AdminState.DRAINING, 2, Map.of("zone", "a"));
    assertThat(service.add(node(1), spec).spec()).isEqualTo(spec);
    assertThat(service.add(node(1), spec).spec()).isEqualTo(spec);
    assertThat(service.add(node(1), null).spec()).as("nothing said").isEqualTo(spec);
    AdminException refusal = refused(() -> service.add(node(1), NodeSpec.INITIAL));
    assertThat(refusal.kind()).isEqualTo(AdminException.Kind.ALREADY_EXISTS);
    assertThat(refusal)
        .hasMessage("node 'n1:1': in the cluster already, with another state, weight or labels");
    assertThat(service.get(node(1)).spec()).isEqualTo(spec);
  }

  @Test
  void aNodeThatComesBackHasNothingOfWhatItHad() {
    service.add(node(1), null);
    NodeView old = service.update(node(1), new NodePatch(AdminState.DRAINING, 3.0, null, null));
    assertThat(service.remove(node(1))).isTrue();
    assertThat(service.remove(node(1))).isFalse();
    NodeView back = service.add(node(1), null);
    assertThat(back.spec()).isEqualTo(NodeSpec.INITIAL);
    NodePatch forTheOld = new NodePatch(null, 5.0, null, old.revision());
    assertThat(refused(() -> service.update(node(1), forTheOld)).kind())
        .isEqualTo(AdminException.Kind.FAILED_PRECONDITION);
  }

  @Test
  void changesWhatIsNamedAndNothingElse() {
    service.add(node(1), new NodeSpec(AdminState.ENABLED, 2, Map.of("zone", "a")));
    assertThat(service.update(node(1), DRAIN).spec())
        .isEqualTo(new NodeSpec(AdminState.DRAINING, 2, Map.of("zone", "a")));
    assertThat(service.update(node(1), weight(0.5)).spec())
        .isEqualTo(new NodeSpec(AdminState.DRAINING, 0.5, Map.of("zone", "a")));
    NodePatch labels = new NodePatch(null, null, Map.of("rack", "5"), null);
    assertThat(service.update(node(1), labels).spec())
        .isEqualTo(new NodeSpec(AdminState.DRAINING, 0.5, Map.of("rack", "5")));
  }

  @Test
  void aChangeToWhatIsSoAlreadyIsNone() {
    service.add(node(1), null);
    NodeView drained = service.update(node(1), DRAIN);
    assertThat(service.update(node(1), DRAIN)).isEqualTo(drained);
    assertThat(service.cluster().version()).isEqualTo(2);
  }

  @Test
  void takesAChangeThatIsMeantForTheRevisionThatIsThere() {
    long revision = service.add(node(1), null).revision();
    NodeView changed = service.update(node(1), new NodePatch(null, 2.0, null, revision));
    assertThat(changed.revision()).isGreaterThan(revision);
    AdminException refusal =
        refused(() -> service.update(node(1), new NodePatch(null, 3.0, null, revision)));
    assertThat(refusal.kind()).isEqualTo(AdminException.Kind.FAILED_PRECONDITION);
    assertThat(refusal).hasMessage("node 'n1:1': its revision is 2 (expected: 1)");
    assertThat(service.get(node(1)).spec().weight()).isEqualTo(2);
  }

  @Test
  void whatTheChecksFindChangesNoRevision() {
    NodeView before = service.add(node(1), null);
    registry.apply(new NodeChange.Health(registry.table().nodes().find(node(1)), true));
    NodeView after = service.get(node(1));
    assertThat(after.healthy()).isTrue();
    assertThat(after.version()).isGreaterThan(before.version());
    assertThat(after.revision()).isEqualTo(before.revision());
  }

  @Test
  void namesEveryFieldThatIsWrong() {
    service.add(node(1), null);
    NodePatch wrong = new NodePatch(null, 0.0, Map.of("-", "x", "k", "\n"), null);
    AdminException refusal = refused(() -> service.update(node(1), wrong));
    assertThat(refusal.kind()).isEqualTo(AdminException.Kind.INVALID_ARGUMENT);
    assertThat(refusal.violations())
        .extracting(AdminException.Violation::field)
        .containsExactly("weight", "labels", "labels");
    assertThat(refusal.getMessage())
        .startsWith("key 'weight': 0.0 (expected: ")
        .contains("; key 'labels': key '-' (expected: ", "; key 'labels': value '\\u000a' of 'k'")
        .matches("[ -~]+");
    assertThat(refused(() -> AdminService.spec(wrong)).violations()).hasSize(3);
    assertThat(AdminService.spec(new NodePatch(null, null, null, null)))
        .isEqualTo(NodeSpec.INITIAL);
    assertThat(refused(() -> AdminService.address("https://x")).violations())
        .extracting(AdminException.Violation::field)
        .containsExactly("node");
  }

  @Test
  void refusesAChangeOfNothingAndOfNobody() {
    service.add(node(1), null);
    AdminException nothing =
        refused(() -> service.update(node(1), new NodePatch(null, null, null, 1L)));
    assertThat(nothing.kind()).isEqualTo(AdminException.Kind.INVALID_ARGUMENT);
    AdminException nobody = refused(() -> service.update(node(2), DRAIN));
    assertThat(nobody.kind()).isEqualTo(AdminException.Kind.NOT_FOUND);
    assertThat(nobody).hasMessage("node 'n2:1': not in the cluster");
    assertThat(refused(() -> service.get(node(2))).kind()).isEqualTo(AdminException.Kind.NOT_FOUND);
  }

  @Test
  void countsNodesByWhatTheOperatorAndTheChecksSay() {
    add(1, 4);
    for (int i : List.of(1, 2, 3)) {
      registry.apply(new NodeChange.Health(registry.table().nodes().find(node(i)), true));
    }
    service.update(node(3), DRAIN);
    service.update(node(4), DRAIN);
    assertThat(service.cluster()).isEqualTo(new ClusterView("1.2.3", "some-policy", 4, 2, 3, 2, 9));
  }

  @Test
  void showsCallsUnderWayOfANodeThatDrains() {
    service.add(node(1), null);
    Node node = registry.table().nodes().find(node(1));
    assertThat(node.tryBegin()).isTrue();
    assertThat(service.update(node(1), DRAIN).inFlight()).isEqualTo(1);
    node.end();
    assertThat(service.get(node(1)).inFlight()).isZero();
    assertThat(service.list(1, "").nodes().getFirst().inFlight()).isZero();
  }

  private static String text(NodeNews news) {
    return switch (news) {
      case null -> "nothing";
      case NodeNews.Snapshot(long version, boolean resync, List<NodeView> nodes) ->
          (resync ? "resync " : "snapshot ") + version + " " + names(nodes);
      case NodeNews.Change(Kind kind, NodeView node) ->
          kind + " " + node.version() + " " + node.node() + " " + node.spec().state();
    };
  }

  private static String next(Watch watch) throws InterruptedException {
    return text(watch.next(Duration.ZERO));
  }

  @Test
  void aWatchTellsAllNodesThenEveryChange() throws Exception {
    add(1, 2);
    try (Watch watch = service.watch(null)) {
      assertThat(next(watch)).isEqualTo("snapshot 2 [n1:1, n2:1]");
      assertThat(next(watch)).isEqualTo("nothing");
      service.update(node(1), DRAIN);
      service.remove(node(2));
      assertThat(next(watch)).isEqualTo("UPDATED 3 n1:1 DRAINING");
      assertThat(next(watch)).isEqualTo("REMOVED 4 n2:1 ENABLED");
      assertThat(next(watch)).isEqualTo("nothing");
      registry.apply(new NodeChange.Health(registry.table().nodes().find(node(1)), true));
      assertThat(next(watch)).isEqualTo("HEALTH_CHANGED 5 n1:1 DRAINING");
    }
  }

  @Test
  void aSnapshotIsOfTheMomentInWhichItIsAskedFor() throws Exception {
    try (Watch watch = service.watch(null)) {
      add(1, 3);
      assertThat(next(watch)).isEqualTo("snapshot 3 [n1:1, n2:1, n3:1]");
      assertThat(next(watch)).isEqualTo("nothing");
    }
  }

  @Test
  void aWatchResumesAfterAVersionThatIsRemembered() throws Exception {
    add(1, 5);
    try (Watch watch = service.watch(3L)) {
      assertThat(next(watch)).isEqualTo("ADDED 4 n4:1 ENABLED");
      assertThat(next(watch)).isEqualTo("ADDED 5 n5:1 ENABLED");
      assertThat(next(watch)).isEqualTo("nothing");
    }
    try (Watch upToDate = service.watch(5L)) {
      assertThat(next(upToDate)).isEqualTo("nothing");
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 6, Long.MAX_VALUE, Long.MIN_VALUE})
  void aWatchThatKnowsAVersionOfAnotherTimeBeginsAnew(long version) throws Exception {
    add(1, 5);
    try (Watch watch = service.watch(version)) {
      assertThat(next(watch)).isEqualTo("resync 5 [n1:1, n2:1, n3:1, n4:1, n5:1]");
      assertThat(next(watch)).isEqualTo("nothing");
    }
  }

  @Test
  void aWatcherThatIsTooSlowIsToldOnceWhereThingsStand() throws Exception {
    service.add(node(1), null);
    try (Watch slow = service.watch(null);
        Watch barely = service.watch(null)) {
      assertThat(next(slow)).isEqualTo("snapshot 1 [n1:1]");
      assertThat(next(barely)).isEqualTo("snapshot 1 [n1:1]");
      service.add(node(2), null);
      assertThat(next(barely)).isEqualTo("ADDED 2 n2:1 ENABLED");
      for (int i = 0; i < NodeFeed.REMEMBERED / 2; i++) {
        service.update(node(1), DRAIN);
        service.update(node(1), ENABLE);
      }
      assertThat(next(barely)).isEqualTo("UPDATED 3 n1:1 DRAINING");
      service.remove(node(2));
      assertThat(next(slow)).isEqualTo("resync 1027 [n1:1]");
      assertThat(next(slow)).isEqualTo("nothing");
      assertThat(next(barely)).isEqualTo("UPDATED 4 n1:1 ENABLED");
      service.remove(node(1));
      assertThat(next(slow)).isEqualTo("REMOVED 1028 n1:1 ENABLED");
    }
    assertThat(meter("fnlb.watch.resyncs")).isEqualTo(1);
  }

  private double meter(String name) {
    return meters.meters().stream()
        .filter(meter -> meter.id().name().equals(name))
        .mapToDouble(
            meter ->
                meter instanceof io.helidon.metrics.api.Counter counter
                    ? counter.count()
                    : ((io.helidon.metrics.api.Gauge<?>) meter).value().doubleValue())
        .sum();
  }

  @Test
  void boundsTheNumberOfWatches() {
    List<Watch> watches = new ArrayList<>();
    for (int i = 0; i < MAX_WATCHES; i++) {
      watches.add(service.watch(null));
    }
    assertThat(meter("fnlb.watches")).isEqualTo(MAX_WATCHES);
    AdminException refusal = refused(() -> service.watch(null));
    assertThat(refusal.kind()).isEqualTo(AdminException.Kind.RESOURCE_EXHAUSTED);
    assertThat(refusal).hasMessage("there are 3 watches, which is the most");
    assertThat(meter("fnlb.limits")).isEqualTo(1);
    watches.getFirst().close();
    watches.getFirst().close();
    watches.add(service.watch(null));
    assertThat(refused(() -> service.watch(null)).kind())
        .as("closing twice frees one place")
        .isEqualTo(AdminException.Kind.RESOURCE_EXHAUSTED);
    watches.forEach(Watch::close);
    assertThat(meter("fnlb.watches")).isZero();
  }

  private static FutureTask<String> inAnotherThread(Watch watch) {
    FutureTask<String> task = new FutureTask<>(() -> text(watch.next(PATIENCE)));
    Thread thread = Thread.ofVirtual().start(task);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    return task;
  }

  @Test
  void whoWaitsIsToldOfAChangeAndLetGoWhenItsWatchOrAllWatchesEnd() throws Exception {
    Watch watch = service.watch(0L);
    FutureTask<String> waiting = inAnotherThread(watch);
    service.add(node(1), null);
    assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo("ADDED 1 n1:1 ENABLED");
    waiting = inAnotherThread(watch);
    watch.close();
    assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo("nothing");
    assertThat(watch.isOpen()).isFalse();

    Watch another = service.watch(null);
    assertThat(next(another)).isEqualTo("snapshot 1 [n1:1]");
    assertThat(another.isOpen()).isTrue();
    waiting = inAnotherThread(another);
    service.endWatches();
    assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo("nothing");
    assertThat(another.isOpen()).isFalse();
    assertThat(refused(() -> service.watch(null)).kind())
        .isEqualTo(AdminException.Kind.UNAVAILABLE);
    assertThatExceptionOfType(AdminException.class).isThrownBy(() -> service.watch(0L));
  }

  /**
   * Many threads change the same few nodes while watchers follow. The races: a change lost between
   * reading and writing a spec, a version told twice, out of order or not at all, a snapshot that
   * is not of its version.
   */
  @Test
  void manyWritersLoseNoChangeAndWatchersSeeEachVersionOnceAndInOrder() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    List<FutureTask<Integer>> writers = new ArrayList<>();
    for (int w = 0; w < 50; w++) {
      int writer = w;
      FutureTask<Integer> task =
          new FutureTask<>(
              () -> {
                go.await();
                return write(new Random(writer));
              });
      writers.add(task);
      Thread unused = Thread.ofVirtual().start(task);
    }
    List<FutureTask<Map<String, NodeSpec>>> watchers = new ArrayList<>();
    for (int i = 0; i < MAX_WATCHES; i++) {
      FutureTask<Map<String, NodeSpec>> task = new FutureTask<>(this::follow);
      watchers.add(task);
      Thread unused = Thread.ofVirtual().start(task);
    }
    go.countDown();
    int weighed = 0;
    for (FutureTask<Integer> writer : writers) {
      weighed += writer.get(30, TimeUnit.SECONDS);
    }
    service.add(new NodeAddress("last", 1), null);
    Map<String, NodeSpec> model = new TreeMap<>();
    service.all().forEach(node -> model.put(node.node(), node.spec()));
    for (FutureTask<Map<String, NodeSpec>> watcher : watchers) {
      assertThat(watcher.get(30, TimeUnit.SECONDS)).isEqualTo(model);
    }
    assertThat(model.get("counter:1").labels()).containsEntry("count", "" + weighed);
  }

  /** Adds, removes and drains at random; each also counts a label up, by its revision. */
  private int write(Random random) {
    int counted = 0;
    NodeAddress counter = new NodeAddress("counter", 1);
    service.add(counter, null);
    for (int i = 0; i < 10; i++) {
      NodeAddress node = node(random.nextInt(5));
      try {
        switch (random.nextInt(4)) {
          case 0 -> service.remove(node);
          case 1 -> service.update(node, random.nextBoolean() ? DRAIN : ENABLE);
          default -> service.add(node, null);
        }
      } catch (AdminException e) {
        assertThat(e.kind()).isEqualTo(AdminException.Kind.NOT_FOUND);
      }
      while (true) {
        NodeView before = service.get(counter);
        int count = Integer.parseInt(before.spec().labels().getOrDefault("count", "0"));
        try {
          service.update(
              counter,
              new NodePatch(null, null, Map.of("count", "" + (count + 1)), before.revision()));
          counted++;
          break;
        } catch (AdminException e) {
          assertThat(e.kind()).isEqualTo(AdminException.Kind.FAILED_PRECONDITION);
        }
      }
    }
    return counted;
  }

  private Map<String, NodeSpec> follow() throws InterruptedException {
    Map<String, NodeSpec> known = new TreeMap<>();
    try (Watch watch = service.watch(null)) {
      long version = -1;
      while (true) {
        NodeNews news = watch.next(PATIENCE);
        switch (news) {
          case null -> throw new AssertionError("no news");
          case NodeNews.Snapshot snapshot -> {
            known.clear();
            snapshot.nodes().forEach(node -> known.put(node.node(), node.spec()));
            assertThat(snapshot.nodes())
                .allMatch(node -> node.version() <= snapshot.version(), "not of the future");
          }
          case NodeNews.Change(Kind kind, NodeView node) -> {
            assertThat(node.version()).isEqualTo(version + 1);
            switch (kind) {
              case ADDED -> assertThat(known.put(node.node(), node.spec())).isNull();
              case REMOVED -> assertThat(known.remove(node.node())).isEqualTo(node.spec());
              default -> assertThat(known.replace(node.node(), node.spec())).isNotNull();
            }
            if (node.node().equals("last:1")) {
              return known;
            }
          }
        }
        version = news.version();
      }
    }
  }
}
