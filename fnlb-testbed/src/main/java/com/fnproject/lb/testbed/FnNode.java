package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.CallEnd;
import com.fnproject.lb.testbed.model.FunctionSeries;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A simulated Fn server of type "full" behind a real socket: {@code /invoke}, {@code /t}, {@code
 * /v2}, {@code /version}, {@code /metrics} with the answers of fn 0.3.753 (FN-NODES.md), its
 * containers simulated by a {@link com.fnproject.lb.testbed.model.NodeModel} in the wall clock's
 * time. What its functions do is said in {@link Behaviour}.
 *
 * <p>{@code GET /testbed/executions}, which Fn does not have, tells how often each call was
 * executed: {@code {"total":3,"executions":{"id":1,…},"repeated":{}}}; {@code ?id=} asks for one.
 *
 * <p>Thread-safe.
 */
public final class FnNode implements AutoCloseable {
  private final FnNodeConfig config;
  private final FnDatabase database;
  private final Executions executions;
  private final NodeDriver driver;
  private final FunctionCatalog catalog;
  private final ApiV2 api;
  private final WebServer server;
  private final FnIds ids;
  private final int port;
  private final String name;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile String version;
  private volatile int versionStatus = 200;
  private volatile @Nullable WaitHeader waitHeader;

  private FnNode(FnNodeConfig config, FnDatabase database, Executions executions) {
    this.config = config;
    this.database = database;
    this.executions = executions;
    this.version = config.version();
    this.waitHeader = config.waitHeader();
    this.driver =
        new NodeDriver(
            Integer.toString(config.port()), config.model(), config.seed(), config.timeScale());
    this.catalog = new FunctionCatalog(database, config.lookupCache().toNanos(), driver::now);
    this.api = new ApiV2(database);
    try {
      this.server = listen();
    } catch (RuntimeException e) {
      driver.close();
      throw e;
    }
    this.port = server.port();
    this.name = config.host() + ":" + port;
    this.ids = new FnIds(port);
  }

  /** A node with a database and a count of executions of its own. */
  public static FnNode start() {
    return start(FnNodeConfig.create(), new FnDatabase());
  }

  public static FnNode start(FnNodeConfig config, FnDatabase database) {
    return start(config, database, new Executions());
  }

  /**
   * Starts a node; it answers when this returns.
   *
   * @param database may be shared with other nodes
   * @param executions may be shared with other nodes; stays the caller's to close
   */
  public static FnNode start(FnNodeConfig config, FnDatabase database, Executions executions) {
    return new FnNode(config, database, executions);
  }

  /** The port it listens on, or did before it was closed. */
  public int port() {
    return port;
  }

  /**
   * {@code host:port}, as a balancer's {@code --nodes} wants it; also in each answer's {@code
   * Test-Node}.
   */
  public String name() {
    return name;
  }

  public URI uri() {
    return URI.create("http://" + name);
  }

  public FnNodeConfig config() {
    return config;
  }

  public FnDatabase database() {
    return database;
  }

  public Executions executions() {
    return executions;
  }

  /** From now on {@code /version} tells this. */
  public void version(String text) {
    version = text;
  }

  /** From now on {@code /version} answers with this status; 200 = healthy. */
  public void versionStatus(int status) {
    versionStatus = status;
  }

  /** From now on answers carry this wait header; null = none. */
  public void waitHeader(@Nullable WaitHeader header) {
    waitHeader = header;
  }

  /** From now on every start and run takes this many times as long; 1 = a node in good health. */
  public void slowness(double factor) {
    driver.enter();
    try {
      driver.model().slowness(factor);
    } finally {
      driver.leave();
    }
  }

  /** What happened here to every function, by the moment of the call. */
  public List<FunctionRow> rows() {
    long now = driver.enter();
    try {
      List<FunctionRow> rows = new ArrayList<>();
      for (FunctionSeries series : driver.model().functions()) {
        rows.add(FunctionRow.of(name, series, driver.latencies(series.functionId()), now));
      }
      return rows;
    } finally {
      driver.leave();
    }
  }

  /** Calls that wait for a container now. */
  public int queued() {
    driver.enter();
    try {
      return driver.model().queued();
    } finally {
      driver.leave();
    }
  }

  /** Calls that run now. */
  public int running() {
    driver.enter();
    try {
      return driver.model().running();
    } finally {
      driver.leave();
    }
  }

  /** Calls that ended so so far. */
  public long ended(CallEnd how) {
    driver.enter();
    try {
      return driver.model().ended(how);
    } finally {
      driver.leave();
    }
  }

  /**
   * As SIGTERM: the listener closes at once, calls that wait are refused, calls that run may finish
   * within {@link FnNodeConfig#shutdownGrace()}, then everything is cut. Blocks until the port is
   * free.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    long now = driver.enter();
    try {
      if (config.shutdownGrace().isZero()) {
        driver.model().crash(now);
      } else {
        driver.model().stop(now);
      }
    } finally {
      driver.leave();
    }
    server.stop();
    driver.close();
  }

  FunctionCatalog catalog() {
    return catalog;
  }

  NodeDriver driver() {
    return driver;
  }

  @Nullable WaitHeader waitHeader() {
    return waitHeader;
  }

  String nextCallId() {
    return ids.next(System.currentTimeMillis());
  }

  private WebServer listen() {
    Http1Config http =
        Http1Config.builder()
            .validatePath(false)
            .validatePrologue(false)
            .maxHeadersSize(64 << 10)
            .maxPrologueLength(64 << 10)
            .sendKeepAliveHeader(false)
            .build();
    return WebServer.builder()
        .host(config.host())
        .port(config.port())
        .backlog(1024)
        .shutdownHook(false)
        .featuresDiscoverServices(false)
        .protocolsDiscoverServices(false)
        .addConnectionSelector(Http1ConnectionSelector.builder().config(http).build())
        .contentEncoding(new PassThroughEncoding())
        .connectionOptions(options -> options.tcpNoDelay(true))
        .idleConnectionTimeout(config.idleTimeout())
        .shutdownGracePeriod(config.shutdownGrace())
        .routing(routing -> routing.addFilter(FnNode::closeWhenAsked).any(this::handle))
        .build()
        .start();
  }

  /** Helidon answers {@code Connection: close} in kind but leaves the closing to the client. */
  private static void closeWhenAsked(
      FilterChain chain, RoutingRequest request, RoutingResponse response) {
    chain.proceed();
    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      throw new CloseConnectionException("the client asked for it");
    }
  }

  private void handle(ServerRequest request, ServerResponse response) {
    try {
      dispatch(request, response);
    } catch (FnError e) {
      HttpAnswers.error(request, response, e.status(), e.text());
    }
  }

  private void dispatch(ServerRequest request, ServerResponse response) {
    String path = request.prologue().uriPath().rawPath();
    if (path.startsWith("/invoke/")) {
      requireMethod(request, path, "POST");
      new FunctionRequest(this, request, response, false)
          .answer(decode(path.substring("/invoke/".length())));
      return;
    }
    if (path.startsWith("/t/")) {
      int slash = path.indexOf('/', 3);
      String app = decode(slash < 0 ? path.substring(3) : path.substring(3, slash));
      String source = slash < 0 ? "/" : decode(path.substring(slash));
      String functionId = catalog.triggered(app, source);
      new FunctionRequest(this, request, response, true).answer(functionId);
      return;
    }
    if (path.startsWith("/v2/")) {
      api.answer(request, response, path);
      return;
    }
    switch (path) {
      case "/version" -> {
        requireMethod(request, path, "GET");
        HttpAnswers.json(
            request,
            response,
            versionStatus,
            Json.createObjectBuilder().add("version", version).build());
      }
      case "/" -> {
        requireMethod(request, path, "GET");
        HttpAnswers.json(
            request,
            response,
            200,
            Json.createObjectBuilder()
                .add("goto", "https://github.com/fnproject/fn")
                .add("hello", "world!")
                .build());
      }
      case "/metrics" -> {
        requireMethod(request, path, "GET");
        MetricsPage.answer(driver, request, response);
      }
      case "/testbed/executions" -> HttpAnswers.json(request, response, 200, executions(request));
      case "/version/", "/metrics/" -> {
        response.header(HeaderNames.LOCATION, path.substring(0, path.length() - 1));
        HttpAnswers.text(request, response, 301, "text/html; charset=utf-8", "");
      }
      default -> throw notFound(request, path);
    }
  }

  private jakarta.json.JsonObject executions(ServerRequest request) {
    JsonObjectBuilder answer =
        Json.createObjectBuilder().add("node", name).add("total", executions.total());
    String id = request.query().first("id").orElse(null);
    if (id != null) {
      return answer.add("id", id).add("count", executions.of(id)).build();
    }
    return answer
        .add("executions", json(executions.counts()))
        .add("repeated", json(executions.repeated()))
        .build();
  }

  private static JsonObjectBuilder json(Map<String, Integer> counts) {
    JsonObjectBuilder json = Json.createObjectBuilder();
    counts.forEach(json::add);
    return json;
  }

  static void requireMethod(ServerRequest request, String path, String method) {
    String given = request.prologue().method().text();
    if (!given.equals(method)) {
      throw new FnError(405, "Method not allowed: " + given + " " + path);
    }
  }

  static FnError notFound(ServerRequest request, String path) {
    return new FnError(404, "Path not found: " + request.prologue().method().text() + " " + path);
  }

  static String decode(String raw) {
    try {
      return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new FnError(400, "Bad Request");
    }
  }
}
