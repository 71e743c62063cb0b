package com.fnproject.lb.admin;

import com.fnproject.lb.insight.CallStats;
import com.fnproject.lb.insight.StatsRow;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.NodeChange;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.Quoted;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.stream.JsonGenerator;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * The original's REST interface, for what is below {@value #PATH}: {@code /1/lb/nodes} and {@code
 * /1/lb/stats}. Paths match only as they are written, byte for byte; what else comes here is an
 * unknown command. Thread-safe.
 */
public final class AdminApi {

  /** What begins like this is for operators, whether it exists or not. */
  public static final String PATH = "/1/lb";

  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX");

  private final NodeRegistry registry;
  private final CallStats stats;
  private final int maxBody;
  private final Counter bodyLimit;

  /**
   * Creates the interface.
   *
   * @param registry the cluster that it shows and changes
   * @param stats what it shows of calls
   * @param maxBody most bytes of a request's body
   * @param meters where bodies over that are counted
   */
  public AdminApi(NodeRegistry registry, CallStats stats, int maxBody, MeterRegistry meters) {
    this.registry = registry;
    this.stats = stats;
    this.maxBody = maxBody;
    bodyLimit =
        meters.getOrCreate(
            Counter.builder("fnlb.limits")
                .description("Times a limit was reached, by the setting that sets it")
                .tags(List.of(Tag.create("limit", "admin-body"))));
  }

  /**
   * Answers 404 to what is no command: the operator's listener does so for every path that nobody
   * serves.
   *
   * @param request any request
   * @param response its answer
   */
  public static void unknownCommand(ServerRequest request, ServerResponse response) {
    JsonAnswer.send(request, response, Status.NOT_FOUND_404, "unknown command");
  }

  /**
   * Answers a request for a path below {@value #PATH}. May block on its body.
   *
   * @param request the request
   * @param response its answer
   */
  public void handle(ServerRequest request, ServerResponse response) {
    try {
      switch (request.prologue().uriPath().rawPath()) {
        case PATH + "/nodes" -> nodes(request, response);
        case PATH + "/stats" -> stats(request, response);
        default -> unknownCommand(request, response);
      }
    } catch (Refusal e) {
      if (e.status().code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()) {
        bodyLimit.increment();
      }
      JsonAnswer.send(request, response, e.status(), e.getMessage());
    }
  }

  private void nodes(ServerRequest request, ServerResponse response) {
    switch (request.prologue().method().text()) {
      case "GET", "HEAD" -> JsonAnswer.send(request, response, Status.OK_200, this::writeNodes);
      case "PUT" -> {
        add(body(request));
        JsonAnswer.send(request, response, Status.OK_200, "node added");
      }
      case "DELETE" -> {
        registry.apply(new NodeChange.Remove(body(request)));
        JsonAnswer.send(request, response, Status.OK_200, "node deleted");
      }
      default -> throw notAllowed(request, response, "GET, HEAD, PUT, DELETE");
    }
  }

  private NodeAddress body(ServerRequest request) {
    return NodeBody.parse(BoundedBody.read(request, maxBody));
  }

  private void add(NodeAddress address) {
    try {
      registry.apply(new NodeChange.Add(address));
    } catch (IllegalStateException e) {
      throw new Refusal(Status.CONFLICT_409, String.valueOf(e.getMessage()));
    }
  }

  private void writeNodes(JsonGenerator json) {
    json.writeStartObject("nodes");
    for (Node node : registry.table().nodes().all()) {
      json.write(node.id(), node.healthy() ? "online" : "offline");
    }
    json.writeEnd();
  }

  private void stats(ServerRequest request, ServerResponse response) {
    String method = request.prologue().method().text();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      throw notAllowed(request, response, "GET, HEAD");
    }
    Instant since = Since.parse(request.prologue().query().rawValue());
    List<StatsRow> rows = stats.rows(since);
    JsonAnswer.send(request, response, Status.OK_200, json -> writeStats(json, rows));
  }

  private static void writeStats(JsonGenerator json, List<StatsRow> rows) {
    json.writeStartArray("stats");
    for (StatsRow row : rows) {
      json.writeStartObject()
          .write("timestamp", TIMESTAMP.format(row.timestamp()))
          .write("tp", row.calls())
          .write("node", row.node())
          .write("func", row.path())
          .write("wait", row.meanWaitSeconds())
          .writeEnd();
    }
    json.writeEnd();
  }

  private static Refusal notAllowed(
      ServerRequest request, ServerResponse response, String allowed) {
    response.header(HeaderNames.ALLOW, allowed);
    return new Refusal(
        Status.METHOD_NOT_ALLOWED_405,
        "method " + Quoted.of(request.prologue().method().text()) + " (expected: " + allowed + ")");
  }
}
