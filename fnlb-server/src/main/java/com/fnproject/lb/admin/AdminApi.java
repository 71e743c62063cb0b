package com.fnproject.lb.admin;

import com.fnproject.lb.insight.CallStats;
import com.fnproject.lb.insight.StatsRow;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.stream.JsonGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The REST interface, for what is below {@value #PATH}: the original's {@code /1/lb/nodes} and
 * {@code /1/lb/stats}, single nodes, and the description of all of it. Paths match only as they are
 * written, byte for byte; what else comes here is an unknown command. Thread-safe.
 */
public final class AdminApi {

  /** What begins like this is for operators, whether it exists or not. */
  public static final String PATH = "/1/lb";

  /** What there is, as the description has it: paths, and their methods as Allow tells them. */
  enum Command {
    NODES("/nodes", "GET, HEAD, PUT, DELETE"),
    NODE("/nodes/{node}", "GET, HEAD, PATCH"),
    STATS("/stats", "GET, HEAD"),
    OPENAPI("/openapi.yaml", "GET, HEAD");

    private final String path;
    private final String methods;

    Command(String path, String methods) {
      this.path = PATH + path;
      this.methods = methods;
    }

    String path() {
      return path;
    }

    List<String> methods() {
      return List.of(methods.split(", "));
    }

    /** The command of a path; null if there is none. */
    static @Nullable Command of(String path) {
      for (Command command : values()) {
        if (command.path.equals(path)) {
          return command;
        }
      }
      return path.length() > NODE_PREFIX.length() && path.startsWith(NODE_PREFIX) ? NODE : null;
    }
  }

  /** What follows is the name of a node, slashes and all. */
  private static final String NODE_PREFIX = PATH + "/nodes/";

  /** RFC 9512. */
  private static final Header YAML =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/yaml");

  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX");

  private final AdminService service;
  private final CallStats stats;
  private final int maxBody;
  private final Counter bodyLimit;
  private final byte[] description = description();

  /**
   * Creates the interface.
   *
   * @param service what shows and changes the nodes
   * @param stats what it shows of calls
   * @param maxBody most bytes of a request's body
   * @param meters where bodies over that are counted
   */
  public AdminApi(AdminService service, CallStats stats, int maxBody, MeterRegistry meters) {
    this.service = service;
    this.stats = stats;
    this.maxBody = maxBody;
    bodyLimit =
        meters.getOrCreate(
            Counter.builder("fnlb.limits")
                .description("Times a limit was reached, by the setting that sets it")
                .tags(List.of(Tag.create("limit", "admin-body"))));
  }

  private static byte[] description() {
    try (InputStream in = AdminApi.class.getResourceAsStream("openapi.yaml")) {
      return Objects.requireNonNull(in).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
   * @param path the request's path as it was written
   * @param request the request
   * @param response its answer
   */
  public void handle(String path, ServerRequest request, ServerResponse response) {
    Command command = Command.of(path);
    if (command == null) {
      unknownCommand(request, response);
      return;
    }
    try {
      String method = request.prologue().method().text();
      if (!command.methods().contains(method)) {
        response.header(HeaderNames.ALLOW, command.methods);
        throw new Refusal(
            Status.METHOD_NOT_ALLOWED_405,
            "method " + Quoted.of(method) + " (expected: " + command.methods + ")");
      }
      switch (command) {
        case NODES -> nodes(method, request, response);
        case NODE -> node(method, path.substring(NODE_PREFIX.length()), request, response);
        case STATS -> stats(request, response);
        case OPENAPI -> JsonAnswer.send(request, response, Status.OK_200, YAML, description);
      }
    } catch (Refusal e) {
      if (e.status().code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()) {
        bodyLimit.increment();
      }
      JsonAnswer.send(request, response, e.status(), e.getMessage());
    } catch (AdminException e) {
      JsonAnswer.send(request, response, status(e.kind()), e.getMessage());
    }
  }

  private static Status status(AdminException.Kind kind) {
    return switch (kind) {
      case INVALID_ARGUMENT -> Status.BAD_REQUEST_400;
      case NOT_FOUND -> Status.NOT_FOUND_404;
      case ALREADY_EXISTS, FAILED_PRECONDITION, RESOURCE_EXHAUSTED -> Status.CONFLICT_409;
      case UNAVAILABLE -> Status.SERVICE_UNAVAILABLE_503;
    };
  }

  private void nodes(String method, ServerRequest request, ServerResponse response) {
    switch (method) {
      case "PUT" -> {
        service.add(namedInBody(request), null);
        JsonAnswer.send(request, response, Status.OK_200, "node added");
      }
      case "DELETE" -> {
        service.remove(namedInBody(request));
        JsonAnswer.send(request, response, Status.OK_200, "node deleted");
      }
      default -> JsonAnswer.send(request, response, Status.OK_200, this::writeNodes);
    }
  }

  private NodeAddress namedInBody(ServerRequest request) {
    return NodeBody.parse(BoundedBody.read(request, maxBody));
  }

  private void writeNodes(JsonGenerator json) {
    json.writeStartObject("nodes");
    for (NodeView node : service.all()) {
      json.write(node.node(), health(node));
    }
    json.writeEnd();
  }

  private static String health(NodeView node) {
    return node.healthy() ? "online" : "offline";
  }

  private void node(String method, String written, ServerRequest request, ServerResponse response) {
    NodeAddress address = AdminService.address(NodePath.name(written));
    NodeView node =
        method.equals("PATCH")
            ? service.update(address, PatchBody.parse(BoundedBody.read(request, maxBody)))
            : service.get(address);
    JsonAnswer.send(request, response, Status.OK_200, json -> writeNode(json, node));
  }

  private static void writeNode(JsonGenerator json, NodeView node) {
    json.write("node", node.node())
        .write("state", PatchBody.text(node.spec().state()))
        .write("weight", node.spec().weight())
        .writeStartObject("labels");
    node.spec().labels().forEach(json::write);
    json.writeEnd()
        .write("health", health(node))
        .write("eligible", node.eligible())
        .write("inFlight", node.inFlight())
        .write("version", node.version())
        .write("revision", node.revision());
  }

  private void stats(ServerRequest request, ServerResponse response) {
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
}
