package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.node.BoundedGet;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.FnDatabase;
import com.fnproject.lb.testbed.FnNode;
import com.fnproject.lb.testbed.wire.DeadPort;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import com.fnproject.lb.upstream.NameLookup;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.Tag;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known of functions by Fn's API, polite and rude, over real sockets. */
@Timeout(60)
class FnApiTest {

  private static final String VIA = "1.1 fnlb-0123456789abcdef";
  private static final Duration NEVER = Duration.ofHours(1);
  private static final Duration OFTEN = Duration.ofMillis(20);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  @AfterEach
  void closeAll() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private <T extends AutoCloseable> T closing(T closeable) {
    open.push(closeable);
    return closeable;
  }

  /** Everything between the data path and the nodes, as a balancer has it. */
  private final class Identity {
    final MeterRegistry meters = MeterRegistry.create(MetricsConfig.create());
    final NodeRegistry registry =
        closing(Registries.unconnected(snapshot -> call -> null, System::nanoTime));
    final List<String> merges = new CopyOnWriteArrayList<>();
    final FnApi api;
    final FunctionTable table;
    final FnRefresh refresh;

    Identity(Duration every, ApiAddress address, Duration answer) {
      FnConfig config =
          new FnConfig(address, every, Duration.ofMillis(25), 4, 10_000, 10_000, 1_000);
      NameLookup names = closing(new NameLookup());
      BoundedGet get =
          closing(new BoundedGet(Duration.ofSeconds(1), answer, names, VIA, System::nanoTime));
      api = new FnApi(config, registry, get, System::nanoTime);
      table =
          closing(
              new FunctionTable(
                  config,
                  api,
                  (from, into) -> merges.add(from.key() + " " + into.key()),
                  null,
                  System::nanoTime,
                  meters));
      refresh =
          closing(
              new FnRefresh(config, api, table, new SplittableRandom(1), System::nanoTime, meters));
      for (Meter meter : meters.meters()) {
        if (meter instanceof Counter counter) {
          before.put(counter.id().toString(), counter.count());
        }
      }
    }

    private final Map<String, Long> before = new HashMap<>();

    void add(String name) {
      NodeAddress address = NodeAddress.parse(name);
      registry.apply(new NodeChange.Add(address));
      for (Node node : registry.table().nodes().all()) {
        registry.apply(new NodeChange.Health(node, true));
      }
    }

    String key(String path) {
      return table.function(path).key();
    }

    private Counter counter(String meter, String tag, String value) {
      return meters.counter(meter, List.of(Tag.create(tag, value))).orElseThrow();
    }

    /** Registries of one process share their counters. */
    private long since(Counter counter) {
      return counter.count() - before.getOrDefault(counter.id().toString(), 0L);
    }

    long listings(String result) {
      return since(counter("fnlb.function.listings", "result", result));
    }

    long lookUps(String result) {
      return since(counter("fnlb.trigger.lookups", "result", result));
    }

    long limits(String limit) {
      return since(counter("fnlb.limits", "limit", limit));
    }
  }

  private Identity before(Duration every, String... nodes) {
    Identity identity = new Identity(every, ApiAddress.NODES, Duration.ofSeconds(5));
    for (String node : nodes) {
      identity.add(node);
    }
    return identity;
  }

  /** A node that answers the balancer's own questions so. */
  private static RudeNode replying(Reply reply) {
    return RudeNode.start(RudeNode.perRequest(reply));
  }

  private FnCluster cluster(int nodes) {
    return closing(FnCluster.start(nodes));
  }

  private static String path(String app, String source) {
    return "/t/" + app + source;
  }

  private static final List<String> SOURCES =
      List.of("/", "/hello", "/hello/", "/a b", "/ü?x=1#%41", "//double", "/../up", "/a/b/c");

  @Test
  void findsEveryTriggerThatACallAsksForHoweverItIsSpelt() {
    FnCluster cluster = cluster(2);
    FnDatabase database = cluster.database();
    Identity identity = before(NEVER, cluster.names().toArray(String[]::new));
    String app = database.createApp("app");
    for (int i = 0; i < SOURCES.size(); i++) {
      String function = database.createFunction(app, "f" + i, Map.of());
      String unused = database.createTrigger(app, function, "t" + i, SOURCES.get(i));
      assertThat(identity.key(path("app", SOURCES.get(i))))
          .as(SOURCES.get(i))
          .isEqualTo("/invoke/" + function);
    }
    assertThat(identity.key("/t/app")).isEqualTo(identity.key("/t/app/"));
    assertThat(identity.lookUps("found")).isEqualTo(SOURCES.size() + 1);
    for (String path : List.of("/t/app/hell", "/t/App/hello", "/t/none/hello", "/t/app/Hello")) {
      assertThat(identity.key(path)).isEqualTo(path);
    }
    assertThat(identity.lookUps("absent")).isEqualTo(4);
    assertThat(identity.merges).isEmpty();
  }

  @Test
  void listsEverythingPageByPageAndSoonAfterTheFirstNodeIsThere() {
    FnCluster cluster = cluster(1);
    FnDatabase database = cluster.database();
    List<String> functions = new ArrayList<>();
    for (String name : List.of("one", "two")) {
      String app = database.createApp(name);
      for (int i = 0; i < 120; i++) {
        String function = database.createFunction(app, "f" + i, Map.of());
        String unused = database.createTrigger(app, function, "t" + i, "/" + i);
        functions.add(function);
      }
    }
    String root = database.createTrigger(database.createApp("empty"), functions.get(0), "r", "/");
    assertThat(root).isNotEmpty();
    Identity identity = before(NEVER);
    identity.refresh.begin();
    String early = identity.key("/t/one/0");
    assertThat(early).isEqualTo("/t/one/0");
    identity.add(cluster.names().getFirst());
    await().until(() -> identity.listings("whole") == 1);
    for (int i = 0; i < 120; i++) {
      assertThat(identity.key("/t/one/" + i)).isEqualTo("/invoke/" + functions.get(i));
      assertThat(identity.key("/t/two/" + i)).isEqualTo("/invoke/" + functions.get(120 + i));
    }
    assertThat(identity.key("/t/empty")).isEqualTo("/invoke/" + functions.get(0));
    assertThat(identity.lookUps("found")).isZero();
    assertThat(identity.merges).containsExactly("/t/one/0 /invoke/" + functions.get(0));
  }

  @Test
  void noticesUpdatesMovesAndDeletions() throws Exception {
    FnCluster cluster = cluster(2);
    FnDatabase database = cluster.database();
    String app = database.createApp("app");
    String function = database.createFunction(app, "f", Map.of());
    String other = database.createFunction(app, "g", Map.of());
    String trigger = database.createTrigger(app, function, "t", "/x");
    assertThat(trigger).isNotEmpty();
    Identity identity = before(NEVER, cluster.names().toArray(String[]::new));
    Duration unused = identity.refresh.refresh();
    FnFunction known = identity.table.function("/t/app/x");
    assertThat(known.generation()).isZero();

    database.configure(function, "A", "1");
    for (int i = 0; i < 3; i++) {
      unused = identity.refresh.refresh();
      assertThat(known.generation()).isEqualTo(1);
    }
    assertThat(identity.table.function("/t/app/x")).isSameAs(known);
    assertThat(identity.table.function("/invoke/" + other).generation()).isZero();

    database.deleteFunction(function);
    unused = identity.refresh.refresh();
    assertThat(identity.key("/t/app/x")).isEqualTo("/t/app/x");
    assertThat(identity.table.function("/invoke/" + function)).isNotSameAs(known);
    String again = database.createTrigger(app, other, "t2", "/x");
    assertThat(again).isNotEmpty();
    unused = identity.refresh.refresh();
    assertThat(identity.key("/t/app/x")).isEqualTo("/invoke/" + other);
    assertThat(identity.merges).containsExactly("/t/app/x /invoke/" + other);
  }

  @Test
  void aCallWaitsNoLongerThanItMayForASlowLookUpWhichIsNotLost() {
    Semaphore signal = new Semaphore(0);
    AtomicInteger asked = new AtomicInteger();
    RudeNode node =
        closing(
            replying(
                (connection, request) -> {
                  asked.incrementAndGet();
                  connection.await(signal);
                  api(request.head().target()).answer(connection, request);
                }));
    Identity identity = before(NEVER, node.name());
    RoutedFunction byPath = identity.table.function("/t/app/x");
    assertThat(byPath.key()).isEqualTo("/t/app/x");
    // Returned, though nothing has been answered yet; and nobody waits for the same again.
    for (int i = 0; i < 100; i++) {
      assertThat(identity.table.function("/t/app/x")).isSameAs(byPath);
    }
    assertThat(asked).hasValueLessThanOrEqualTo(1);
    signal.release(100);
    await().until(() -> identity.key("/t/app/x").equals("/invoke/f1"));
    assertThat(identity.merges).containsExactly("/t/app/x /invoke/f1");
    assertThat(asked).hasValue(2);
    assertThat(node.requests())
        .allSatisfy(request -> assertThat(request.head().header("Via")).isEqualTo(VIA));
  }

  @Test
  void noMoreLookUpsThanAllowedAreUnderWayAndWhatIsBeyondThemDoesNotWait() {
    RudeNode node = closing(replying(Replies.never()));
    Identity identity = before(NEVER, node.name());
    for (int i = 0; i < 200; i++) {
      assertThat(identity.key("/t/app/" + i)).isEqualTo("/t/app/" + i);
    }
    assertThat(node.connections()).isLessThanOrEqualTo(4);
    assertThat(identity.lookUps("skipped")).isEqualTo(196);
    assertThat(identity.limits("max-lookups")).isEqualTo(196);
  }

  /** One app "app" with one trigger "/x" of the function "f1". */
  private static Reply api(String target) {
    String path = target.split("\\?", -1)[0];
    return Replies.ok(
        "application/json",
        switch (path) {
          case "/v2/apps" ->
              "{\"items\":[{\"id\":\"a1\",\"name\":\"app\",\"updated_at\":\"1\",\"config\":{\"id\":\"no\"}}]}";
          case "/v2/fns" ->
              "{\"items\":[{\"id\":\"f1\",\"updated_at\":\"1\",\"x\":[[\"id\",{}]]}]}";
          case "/v2/triggers" ->
              "{\"items\":[{\"fn_id\":\"f1\",\"type\":\"http\",\"source\":\"/x\"}]}";
          case "/v2/runner/apps/a1/triggerBySource/http//x" -> "{\"fn_id\":\"f1\",\"id\":\"t1\"}";
          default -> "{\"unexpected\":\"" + path + "\"}";
        });
  }

  /** Answers as {@link #api}, and lists of functions by the reply. */
  private RudeNode functionsBy(Reply reply) {
    return closing(
        replying(
            (connection, request) -> {
              String target = request.head().target();
              (target.startsWith("/v2/fns") ? reply : api(target)).answer(connection, request);
            }));
  }

  private record Row(String name, Reply reply) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Row> rudeAnswers() {
    AtomicInteger count = new AtomicInteger();
    return List.of(
        new Row("no HTTP", Replies.garbage()),
        new Row("no JSON", Replies.ok("<html>")),
        new Row("nothing", Replies.ok("")),
        new Row("half of it", Replies.ok("{\"items\":[{\"id\":\"f2\"},")),
        new Row("half an array", Replies.ok("{\"x\":[")),
        new Row("a JSON text", Replies.ok("\"items\"")),
        new Row("another object", Replies.ok("{\"version\":\"0.3.753\"}")),
        new Row("an array", Replies.ok("[{\"items\":[]}]")),
        new Row("nested deeply", Replies.ok("{\"items\":" + "[".repeat(100_000))),
        new Row("a long text", Replies.ok("{\"items\":[{\"id\":\"" + "x".repeat(5000) + "\"}]}")),
        new Row(
            "too many rows", Replies.ok("{\"items\":[" + "{\"id\":\"f\"},".repeat(1001) + "{}]}")),
        new Row("broken off", Replies.truncated(1000, "{\"items\":[")),
        new Row("a reset", Replies.resetAfterHead()),
        new Row("50 MB in a chunk", Replies.hugeChunk(50 << 20)),
        new Row(
            "50 MB of blanks",
            (connection, request) -> {
              connection.write("HTTP/1.1 200 OK\r\n\r\n{\"items\":[");
              byte[] blank = " ".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
              for (int i = 0; i < 50; i++) {
                connection.write(blank);
              }
            }),
        new Row("a cursor that stays", Replies.ok("{\"items\":[{}],\"next_cursor\":\"c\"}")),
        new Row("empty pages", Replies.ok("{\"items\":[],\"next_cursor\":\"c\"}")),
        new Row(
            "ever new empty pages",
            (connection, request) ->
                Replies.ok("{\"items\":[],\"next_cursor\":\"" + count.incrementAndGet() + "\"}")
                    .answer(connection, request)),
        new Row(
            "status 500",
            Replies.raw("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")),
        new Row(
            "a redirect",
            Replies.raw("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")));
  }

  @ParameterizedTest
  @MethodSource("rudeAnswers")
  void aListingThatGoesWrongChangesNothing(Row row) throws Exception {
    Semaphore rude = new Semaphore(0);
    RudeNode node =
        functionsBy(
            (connection, request) ->
                (rude.tryAcquire() ? row.reply() : api("/v2/fns")).answer(connection, request));
    Identity identity = before(OFTEN, node.name());
    Duration unused = identity.refresh.refresh();
    FnFunction known = identity.table.function("/t/app/x");
    assertThat(known.key()).isEqualTo("/invoke/f1");
    // As often as it takes for a cursor to come again.
    rude.release(2);
    unused = identity.refresh.refresh();
    assertThat(identity.listings("failed")).isEqualTo(1);
    assertThat(identity.api.available()).isFalse();
    assertThat(identity.table.function("/t/app/x")).isSameAs(known);
    int left = rude.drainPermits();
    assertThat(left).isBetween(0, 1);
    unused = identity.refresh.refresh();
    assertThat(identity.listings("whole")).isEqualTo(2);
    assertThat(identity.api.available()).isTrue();
    assertThat(identity.table.function("/t/app/x")).isSameAs(known);
    assertThat(known.generation()).isZero();
  }

  @Test
  void pagesThatNeverEndAreLeft() {
    RudeNode node = functionsBy(Replies.ok("{\"items\":[{\"id\":\"f\"}],\"next_cursor\":\"c\"}"));
    Identity identity = before(NEVER, node.name());
    identity.refresh.begin();
    await().until(() -> identity.listings("failed") == 1);
    assertThat(identity.key("/invoke/f")).isEqualTo("/invoke/f");
    assertThat(identity.api.available()).isFalse();
  }

  private static final Reply NO_API =
      Replies.raw("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

  @Test
  void noCallWaitsForAnApiThatIsNotThere() {
    RudeNode node = closing(replying(NO_API));
    Identity identity = before(NEVER, node.name());
    identity.refresh.begin();
    await().until(() -> identity.listings("failed") == 1);
    int asked = node.requests().size();
    assertThat(identity.key("/t/app/x")).isEqualTo("/t/app/x");
    assertThat(identity.api.available()).isFalse();
    assertThat(node.requests()).hasSize(asked);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anotherNodeIsAskedBeforeItIsBelievedThatThereIsNoApi(boolean dead) throws Exception {
    FnCluster cluster = cluster(1);
    String function =
        cluster.database().createFunction(cluster.database().createApp("app"), "f", Map.of());
    String without =
        dead ? "127.0.0.1:" + closing(DeadPort.open()).port() : closing(replying(NO_API)).name();
    Identity identity = before(OFTEN, without, cluster.names().getFirst());
    for (int i = 0; i < 4; i++) {
      Duration unused = identity.refresh.refresh();
    }
    assertThat(identity.listings("whole")).isEqualTo(4);
    assertThat(identity.listings("failed")).isZero();
    assertThat(function).isNotEmpty();
  }

  @Test
  void theApiMayBeElsewhere() {
    FnNode elsewhere = closing(FnNode.start());
    FnDatabase database = elsewhere.database();
    String app = database.createApp("app");
    String function = database.createFunction(app, "f", Map.of());
    String trigger = database.createTrigger(app, function, "t", "/x");
    assertThat(trigger).isNotEmpty();
    RudeNode node = closing(replying(NO_API));
    Identity identity =
        new Identity(
            NEVER,
            new ApiAddress(ApiAddress.Place.HTTP, "localhost", elsewhere.port()),
            Duration.ofSeconds(5));
    identity.add(node.name());
    assertThat(identity.key("/t/app/x")).isEqualTo("/invoke/" + function);
    assertThat(node.requests()).isEmpty();
  }

  @Test
  void anAnswerThatDribblesIsLeft() {
    RudeNode node =
        functionsBy(
            (connection, request) -> {
              connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
              while (true) {
                connection.write(" ");
                LockSupport.parkNanos(20_000_000);
              }
            });
    Identity identity = new Identity(NEVER, ApiAddress.NODES, Duration.ofMillis(300));
    identity.add(node.name());
    identity.refresh.begin();
    await().until(() -> identity.listings("failed") == 1);
  }

  @Test
  void closesWhateverIsUnderWay() {
    RudeNode node = closing(replying(Replies.never()));
    Identity identity = before(NEVER, node.name());
    identity.refresh.begin();
    assertThat(identity.key("/t/app/x")).isEqualTo("/t/app/x");
    await().until(() -> node.openConnections() == 2);
    identity.refresh.close();
    identity.table.close();
    await().until(() -> node.openConnections() == 0);
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .map(thread -> thread.getName().toLowerCase(Locale.ROOT))
                .filter(name -> name.contains("trigger-lookup") || name.contains("fn-refresh"))
                .collect(Collectors.toSet()))
        .isEqualTo(Set.of());
  }
}
