package com.fnproject.lb.fn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Registries;
import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.Warmth;
import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.wire.RawBody;
import com.fnproject.lb.testbed.wire.RawClient;
import com.fnproject.lb.testbed.wire.RawRequest;
import com.fnproject.lb.testbed.wire.Replies;
import com.fnproject.lb.testbed.wire.RudeNode;
import com.fnproject.lb.testbed.wire.RudeNode.Reply;
import com.fnproject.lb.upstream.NameLookup;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.Tag;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.zip.GZIPOutputStream;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nodes, polite and rude, read over real sockets. */
@Timeout(120)
class MetricsScraperTest {

  private static final String PAGE =
      """
      # TYPE fn_container_idle_total counter
      fn_container_idle_total{app_id="a",fn_id="f",image_name="x"} 3
      """;

  private static final ScrapeConfig QUICK =
      new ScrapeConfig(true, Duration.ofMillis(10), Duration.ofMillis(50), 1000);

  private final NameLookup names = new NameLookup();
  private final MeterRegistry meters = MeterRegistry.create(MetricsConfig.create());
  private final List<AutoCloseable> open = new ArrayList<>();

  /** What one balancer reads. */
  private final class Reader implements AutoCloseable {
    private final NodeRegistry registry =
        Registries.unconnected(snapshot -> call -> null, System::nanoTime);
    private final Readings readings = new Readings(1000, System::nanoTime);
    private final MetricsScraper scraper;

    Reader(ScrapeConfig config, String... nodes) {
      this(config, MetricsScrape.DEADLINE, nodes);
    }

    Reader(ScrapeConfig config, Duration deadline, String... nodes) {
      scraper =
          new MetricsScraper(
              config,
              readings,
              RandomGenerator.getDefault(),
              names,
              "1.1 fnlb-test",
              System::nanoTime,
              meters,
              deadline);
      registry.listen(scraper);
      open.add(this);
      for (String node : nodes) {
        registry.apply(new NodeChange.Add(NodeAddress.parse(node)));
        health(node, true);
      }
    }

    Node node(String name) {
      return registry.table().nodes().all().stream()
          .filter(node -> node.id().equals(name))
          .findFirst()
          .orElseThrow();
    }

    void health(String name, boolean healthy) {
      registry.apply(new NodeChange.Health(node(name), healthy));
    }

    @Nullable Warmth warmth(String id) {
      return readings.warmth("/invoke/" + id);
    }

    /** Idle containers of a function by node; -1 = nothing is read. */
    int idle(String id) {
      Warmth warmth = warmth(id);
      int idle = warmth == null ? -1 : 0;
      for (int i = 0; warmth != null && i < warmth.size(); i++) {
        idle += warmth.idle(i);
      }
      return idle;
    }

    @Override
    public void close() {
      scraper.close();
      registry.close();
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
    names.close();
  }

  private static ConditionFactory soon() {
    return await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofSeconds(20));
  }

  private double count(ScrapeResult result) {
    return meters
        .getOrCreate(
            Counter.builder("fnlb.scrapes")
                .tags(List.of(Tag.create("result", result.name().toLowerCase(Locale.ROOT)))))
        .count();
  }

  private FnCluster cluster(int nodes) {
    FnCluster cluster = FnCluster.start(nodes);
    open.add(cluster);
    return cluster;
  }

  private static String function(FnCluster cluster, String name) {
    String app = cluster.database().createApp("app-" + name);
    return cluster.database().createFunction(app, name, Map.of("START_MS", "1"));
  }

  private static void call(FnCluster cluster, int node, String id) throws IOException {
    try (RawClient client = RawClient.connect(cluster.node(node).port())) {
      assertThat(
              client
                  .exchange(
                      "POST /invoke/" + id + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                  .status())
          .isEqualTo(200);
    }
  }

  @Test
  void findsWhereAFunctionIsHotWhoeverCalledIt() throws IOException {
    FnCluster cluster = cluster(2);
    String id = function(cluster, "f");
    String other = function(cluster, "g");
    call(cluster, 1, id);
    Reader reader = new Reader(QUICK, cluster.names().toArray(String[]::new));
    soon().until(() -> reader.idle(id) == 1);
    assertThat(reader.warmth(id).node(0).id()).isEqualTo(cluster.node(1).name());
    assertThat(reader.idle(other)).isZero();
    Node node = reader.node(cluster.node(1).name());
    soon().until(() -> node.reading() != null);
    NodeReading reading = node.reading();
    assertThat(reading.containers()).isEqualTo(1);
    assertThat(reading.memoryFree()).isPositive();
    assertThat(reading.memoryUsed()).isPositive();
    assertThat(reading.intervalNanos()).isPositive();
    soon().until(() -> node.reading().scrapedNanos() > reading.scrapedNanos());
    // As is a function that is called elsewhere for the first time.
    call(cluster, 0, other);
    soon().until(() -> reader.idle(other) == 1);
  }

  @Test
  void twoBalancersComeToTheSame() throws IOException {
    FnCluster cluster = cluster(2);
    String id = function(cluster, "f");
    for (int node = 0; node < 2; node++) {
      call(cluster, node, id);
    }
    Reader one = new Reader(QUICK, cluster.names().toArray(String[]::new));
    Reader two = new Reader(QUICK, cluster.names().reversed().toArray(String[]::new));
    soon().until(() -> one.idle(id) == 2 && two.idle(id) == 2);
  }

  @Test
  void givesUpANodeAtOnceThatLeavesOrFallsIll() throws IOException {
    FnCluster cluster = cluster(2);
    String id = function(cluster, "f");
    call(cluster, 0, id);
    call(cluster, 1, id);
    Reader reader = new Reader(QUICK, cluster.names().toArray(String[]::new));
    soon().until(() -> reader.idle(id) == 2);
    Node ill = reader.node(cluster.node(0).name());
    reader.health(ill.id(), false);
    assertThat(ill.reading()).isNull();
    assertThat(reader.idle(id)).isEqualTo(1);
    reader.health(ill.id(), true);
    soon().until(() -> reader.idle(id) == 2);
    reader.registry.apply(new NodeChange.Remove(ill.address()));
    assertThat(ill.reading()).isNull();
    assertThat(reader.idle(id)).isEqualTo(1);
  }

  @Test
  void readsNothingWhenItMayNot() {
    AtomicInteger asked = new AtomicInteger();
    RudeNode node = node((connection, request) -> asked.incrementAndGet());
    Reader reader =
        new Reader(
            new ScrapeConfig(false, Duration.ofMillis(1), Duration.ofMillis(1), 9), node.name());
    Reader other = new Reader(QUICK, node.name());
    soon().until(() -> asked.get() > 0);
    other.close();
    assertThat(reader.node(node.name()).reading()).isNull();
    assertThat(reader.warmth("f")).isNull();
    assertThat(node.requests()).hasSize(asked.get());
  }

  @Test
  void asksAsABalancerThatNodesKnow() {
    RudeNode node = node(Replies.ok(PAGE));
    Reader reader = new Reader(QUICK, node.name());
    soon().until(() -> reader.idle("f") == 3);
    RawRequest request = node.requests().getFirst();
    assertThat(request.head().target()).isEqualTo("/metrics");
    assertThat(request.head().header("Host")).isEqualTo(node.name());
    assertThat(request.head().header("Accept-Encoding")).isEqualTo("gzip");
    assertThat(request.head().header("Via")).isEqualTo("1.1 fnlb-test");
  }

  private RudeNode node(Reply reply) {
    RudeNode node = RudeNode.start(RudeNode.perRequest(reply));
    open.add(node);
    return node;
  }

  /** What a node does instead of answering with a page, and what that counts as. */
  private record Row(String name, ScrapeResult result, Reply reply) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Reply status(String status, String headers) {
    return Replies.raw(
        "HTTP/1.1 "
            + status
            + "\r\n"
            + headers
            + "Content-Length: "
            + PAGE.length()
            + "\r\n\r\n"
            + PAGE);
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  private static byte[] gzip() {
    return gzip(PAGE.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Reply packed(byte[] body) {
    return encoded("gzip", body);
  }

  private static Reply encoded(String encoding, byte[] body) {
    return (connection, request) -> {
      RawBody unused = connection.readBody(request);
      connection.write(
          "HTTP/1.1 200 OK\r\nContent-Encoding: "
              + encoding
              + "\r\nContent-Length: "
              + body.length
              + "\r\n\r\n");
      connection.write(body);
    };
  }

  private static byte[] with(int at, int value) {
    byte[] bytes = gzip();
    bytes[at < 0 ? bytes.length + at : at] = (byte) value;
    return bytes;
  }

  private static Reply endless(String line) {
    byte[] block = line.repeat(65536 / line.length()).getBytes(StandardCharsets.ISO_8859_1);
    return (connection, request) -> {
      connection.write("HTTP/1.1 200 OK\r\n\r\n" + PAGE);
      while (true) {
        connection.write(block);
      }
    };
  }

  private static Reply dribble(String begin) {
    return (connection, request) -> {
      connection.write(begin);
      while (true) {
        connection.write("x");
        LockSupport.parkNanos(20_000_000);
      }
    };
  }

  static List<Row> rudeRows() {
    return List.of(
        new Row("not found", ScrapeResult.STATUS, status("404 Not Found", "")),
        new Row("a redirect", ScrapeResult.STATUS, status("301 Moved", "Location: /metrics\r\n")),
        new Row("an error", ScrapeResult.STATUS, status("500 Internal Server Error", "")),
        new Row("part of it", ScrapeResult.STATUS, status("206 Partial Content", "")),
        new Row("nothing, ever", ScrapeResult.TIMED_OUT, Replies.never()),
        new Row("a head that dribbles", ScrapeResult.TIMED_OUT, dribble("HTTP/1.1 200 OK\r\nA: ")),
        new Row(
            "a page that dribbles",
            ScrapeResult.TIMED_OUT,
            dribble("HTTP/1.1 200 OK\r\n\r\n" + PAGE)),
        new Row("a reset", ScrapeResult.BROKEN, Replies.resetAfterHead()),
        new Row("a hang-up", ScrapeResult.BROKEN, Replies.closeAfterHead()),
        new Row("something that is no HTTP", ScrapeResult.BROKEN, Replies.garbage()),
        new Row("half a page", ScrapeResult.BROKEN, Replies.truncated(PAGE.length() + 1, PAGE)),
        new Row("chunks without an end", ScrapeResult.BROKEN, Replies.truncatedChunks(PAGE)),
        new Row("an encoding that nobody offered", ScrapeResult.BROKEN, encoded("br", gzip())),
        new Row("half a gzip stream", ScrapeResult.BROKEN, packed(Arrays.copyOf(gzip(), 40))),
        new Row(
            "a gzip stream without its last byte",
            ScrapeResult.BROKEN,
            packed(Arrays.copyOf(gzip(), gzip().length - 1))),
        new Row(
            "gzip with a byte behind",
            ScrapeResult.BROKEN,
            packed(Arrays.copyOf(gzip(), gzip().length + 1))),
        new Row("gzip with a wrong checksum", ScrapeResult.BROKEN, packed(with(-8, 1))),
        new Row("gzip with a wrong length", ScrapeResult.BROKEN, packed(with(-1, 1))),
        new Row("gzip with broken data", ScrapeResult.BROKEN, packed(with(10, 0xff))),
        new Row("gzip with a file's name", ScrapeResult.BROKEN, packed(with(3, 8))),
        new Row(
            "text that is said to be gzip",
            ScrapeResult.BROKEN,
            packed(PAGE.getBytes(StandardCharsets.US_ASCII))),
        new Row("an empty gzip stream", ScrapeResult.BROKEN, packed(new byte[0])),
        new Row("an endless page", ScrapeResult.TOO_LARGE, endless("fn_other 1\n")),
        new Row("an endless line", ScrapeResult.TOO_LARGE, endless("x")),
        new Row("a gzip bomb", ScrapeResult.TOO_LARGE, packed(gzip(new byte[(64 << 20) + 1]))),
        new Row("HTML", ScrapeResult.NO_METRICS, Replies.ok("<html>\nnot what you want\n</html>")),
        new Row(
            "gzip without its saying so",
            ScrapeResult.NO_METRICS,
            Replies.ok(new String(gzip(), StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?"))),
        new Row("an empty page", ScrapeResult.NO_METRICS, Replies.ok("")));
  }

  @ParameterizedTest
  @MethodSource("rudeRows")
  void livesWithANodeThatAnswersWith(Row row) {
    AtomicReference<Reply> reply = new AtomicReference<>(Replies.ok(PAGE));
    RudeNode node = node((connection, request) -> reply.get().answer(connection, request));
    boolean late = row.result == ScrapeResult.TIMED_OUT;
    Reader reader =
        new Reader(QUICK, late ? Duration.ofMillis(300) : MetricsScrape.DEADLINE, node.name());
    soon().until(() -> reader.node(node.name()).reading() != null && reader.idle("f") == 3);
    double before = count(row.result);
    reply.set(row.reply);
    // The reading goes first, then the warmth.
    soon().until(() -> reader.node(node.name()).reading() == null && reader.idle("f") == -1);
    assertThat(count(row.result)).isGreaterThanOrEqualTo(before + 2);
    reply.set(Replies.ok(PAGE));
    soon().until(() -> reader.idle("f") == 3);
  }

  @Test
  void keepsTheReadingOfANodeThatFailsNowAndThen() {
    AtomicInteger asked = new AtomicInteger();
    Reply bad = status("500 Internal Server Error", "");
    RudeNode node =
        node(
            (connection, request) ->
                (asked.getAndIncrement() % 2 == 0 ? Replies.ok(PAGE) : bad)
                    .answer(connection, request));
    Reader reader = new Reader(QUICK, node.name());
    soon().until(() -> reader.node(node.name()).reading() != null);
    while (asked.get() < 20) {
      assertThat(reader.node(node.name()).reading()).isNotNull();
      assertThat(reader.idle("f")).isEqualTo(3);
      Thread.onSpinWait();
    }
  }

  static List<Reply> goodReplies() {
    byte[] bytes = PAGE.getBytes(StandardCharsets.US_ASCII);
    return List.of(
        Replies.ok(PAGE),
        Replies.ok(PAGE.strip()),
        Replies.chunked(PAGE.substring(0, 50), PAGE.substring(50)),
        Replies.untilClose(PAGE),
        encoded("identity", bytes),
        encoded("x-gzip", gzip()),
        packed(gzip()),
        packed(with(3, 1)),
        packed(gzip((PAGE + "fn_other 1\n".repeat(5 << 20)).getBytes(StandardCharsets.US_ASCII))));
  }

  @ParameterizedTest
  @MethodSource("goodReplies")
  void readsAPageInAnyFraming(Reply reply) {
    RudeNode node = node(reply);
    Reader reader = new Reader(QUICK, node.name());
    soon().until(() -> reader.idle("f") == 3);
  }

  @Test
  void countsANodeThatCannotBeReached() {
    RudeNode node = node(Replies.ok(PAGE));
    node.refuse();
    double before = count(ScrapeResult.UNREACHABLE);
    Reader reader = new Reader(QUICK, node.name());
    soon().until(() -> count(ScrapeResult.UNREACHABLE) >= before + 2);
    node.accept();
    soon().until(() -> reader.idle("f") == 3);
  }

  @Test
  void holdsNoConnectionToANode() {
    RudeNode node = node(Replies.ok(PAGE));
    Reader reader = new Reader(QUICK, node.name());
    soon().until(() -> node.connections() > 10);
    assertThat(node.openConnections()).isLessThanOrEqualTo(2);
    reader.close();
    soon().until(() -> node.openConnections() == 0);
  }

  @Test
  void endsWhateverANodeDoes() {
    RudeNode node = node(Replies.never());
    Reader reader = new Reader(QUICK, node.name());
    soon().until(() -> node.openConnections() == 1);
    reader.close();
    soon().until(() -> node.openConnections() == 0);
  }
}
