package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.FnDatabase.Kind;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;

/**
 * {@code /v2}: what the fn command line uses and the look-ups of a balancer. Endpoint annotations
 * are built from the request's Host, as Fn does.
 */
final class ApiV2 {
  private static final int DEFAULT_PER_PAGE = 30;
  private static final int MAX_PER_PAGE = 100;
  private static final String RUNNER_APPS = "/v2/runner/apps/";
  private static final String BY_SOURCE = "/triggerBySource/";

  private final FnDatabase database;

  ApiV2(FnDatabase database) {
    this.database = database;
  }

  void answer(ServerRequest request, ServerResponse response, String path) {
    if (path.startsWith(RUNNER_APPS)) {
      bySource(request, response, path);
      return;
    }
    int slash = path.indexOf('/', 4);
    Kind kind =
        switch (slash < 0 ? path : path.substring(0, slash)) {
          case "/v2/apps" -> Kind.APP;
          case "/v2/fns" -> Kind.FN;
          case "/v2/triggers" -> Kind.TRIGGER;
          default -> throw FnNode.notFound(request, path);
        };
    if (slash < 0) {
      collection(request, response, path, kind);
      return;
    }
    String id = FnNode.decode(path.substring(slash + 1));
    if (kind == Kind.FN && id.contains("/calls")) {
      throw new FnError(410, "This endpoint is no longer supported");
    }
    if (id.isEmpty() || id.contains("/")) {
      throw FnNode.notFound(request, path);
    }
    one(request, response, path, kind, id);
  }

  private void collection(ServerRequest request, ServerResponse response, String path, Kind kind) {
    switch (request.prologue().method().text()) {
      case "GET" -> list(request, response, kind);
      case "POST" ->
          HttpAnswers.json(
              request, response, 200, shown(request, kind, database.create(kind, body(request))));
      default -> FnNode.requireMethod(request, path, "GET");
    }
  }

  private void one(
      ServerRequest request, ServerResponse response, String path, Kind kind, String id) {
    switch (request.prologue().method().text()) {
      case "GET" ->
          HttpAnswers.json(request, response, 200, shown(request, kind, database.get(kind, id)));
      case "PUT" ->
          HttpAnswers.json(
              request,
              response,
              200,
              shown(request, kind, database.update(kind, id, body(request))));
      case "DELETE" -> {
        database.delete(kind, id);
        HttpAnswers.text(request, response, 204, HttpAnswers.JSON, "");
      }
      default -> FnNode.requireMethod(request, path, "GET");
    }
  }

  private void bySource(ServerRequest request, ServerResponse response, String path) {
    FnNode.requireMethod(request, path, "GET");
    int at = path.indexOf(BY_SOURCE);
    if (at < 0) {
      throw FnNode.notFound(request, path);
    }
    String appId = FnNode.decode(path.substring(RUNNER_APPS.length(), at));
    String rest = path.substring(at + BY_SOURCE.length());
    int slash = rest.indexOf('/');
    if (slash < 0) {
      throw FnNode.notFound(request, path);
    }
    String source = FnNode.decode(rest.substring(slash + 1));
    HttpAnswers.json(
        request, response, 200, database.trigger(appId, rest.substring(0, slash), source));
  }

  /** Filters as in Fn: the source of a trigger is not one of them. */
  private void list(ServerRequest request, ServerResponse response, Kind kind) {
    String name = query(request, "name");
    String appId = query(request, "app_id");
    String fnId = query(request, "fn_id");
    String cursor = new String(base64(query(request, "cursor")), StandardCharsets.UTF_8);
    if (kind != Kind.APP && appId.isEmpty() && fnId.isEmpty()) {
      throw new FnError(400, "Missing App ID");
    }
    Predicate<JsonObject> filter =
        row ->
            (name.isEmpty() || FnDatabase.is(row, "name", name))
                && (kind == Kind.APP || appId.isEmpty() || FnDatabase.is(row, "app_id", appId))
                && (kind != Kind.TRIGGER || fnId.isEmpty() || FnDatabase.is(row, "fn_id", fnId))
                && FnDatabase.text(row, "id").compareTo(cursor) > 0;
    List<JsonObject> rows = database.list(kind, filter);
    int count = Math.min(rows.size(), perPage(request));
    JsonArrayBuilder items = Json.createArrayBuilder();
    for (JsonObject row : rows.subList(0, count)) {
      items.add(shown(request, kind, row));
    }
    JsonObjectBuilder page = Json.createObjectBuilder();
    if (count < rows.size()) {
      byte[] last = FnDatabase.text(rows.get(count - 1), "id").getBytes(StandardCharsets.UTF_8);
      page.add("next_cursor", Base64.getUrlEncoder().withoutPadding().encodeToString(last));
    }
    HttpAnswers.json(request, response, 200, page.add("items", items).build());
  }

  private JsonObject shown(ServerRequest request, Kind kind, JsonObject row) {
    if (kind == Kind.APP) {
      return row;
    }
    String host = request.headers().value(HeaderNames.HOST).orElse("");
    JsonObjectBuilder annotations =
        row.get("annotations") instanceof JsonObject given
            ? Json.createObjectBuilder(given)
            : Json.createObjectBuilder();
    if (kind == Kind.FN) {
      annotations.add(
          "fnproject.io/fn/invokeEndpoint",
          "http://" + host + "/invoke/" + FnDatabase.text(row, "id"));
    } else {
      JsonObject app = database.get(Kind.APP, FnDatabase.text(row, "app_id"));
      annotations.add(
          "fnproject.io/trigger/httpEndpoint",
          "http://" + host + "/t/" + FnDatabase.text(app, "name") + FnDatabase.text(row, "source"));
    }
    return Json.createObjectBuilder(row).add("annotations", annotations).build();
  }

  private static JsonObject body(ServerRequest request) {
    byte[] bytes = request.content().as(byte[].class);
    try (JsonReader reader = Json.createReader(new ByteArrayInputStream(bytes))) {
      JsonValue value = reader.readValue();
      if (value instanceof JsonObject object) {
        return object;
      }
    } catch (JsonException e) {
      throw new FnError(400, "Invalid JSON");
    }
    throw new FnError(400, "Invalid JSON");
  }

  private static String query(ServerRequest request, String key) {
    return request.query().first(key).orElse("");
  }

  private static int perPage(ServerRequest request) {
    String given = query(request, "per_page");
    try {
      int count = given.isEmpty() ? DEFAULT_PER_PAGE : Integer.parseInt(given);
      return count <= 0 ? DEFAULT_PER_PAGE : Math.min(count, MAX_PER_PAGE);
    } catch (NumberFormatException e) {
      throw new FnError(400, "Invalid per_page: " + given);
    }
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new FnError(400, "Invalid cursor");
    }
  }
}
