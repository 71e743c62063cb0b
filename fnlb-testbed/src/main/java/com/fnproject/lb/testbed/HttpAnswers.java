package com.fnproject.lb.testbed;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.Json;
import jakarta.json.JsonStructure;
import java.nio.charset.StandardCharsets;

/**
 * Answers in Fn's manner: JSON with a line end, always with Content-Length, HEAD without a body.
 */
final class HttpAnswers {
  static final String JSON = "application/json; charset=utf-8";
  static final HeaderName CALL_ID = HeaderNames.create("Fn-Call-Id");

  private HttpAnswers() {}

  static void json(ServerRequest request, ServerResponse response, int status, JsonStructure body) {
    text(request, response, status, JSON, body + "\n");
  }

  static void error(ServerRequest request, ServerResponse response, int status, String message) {
    json(request, response, status, Json.createObjectBuilder().add("message", message).build());
  }

  static void text(
      ServerRequest request, ServerResponse response, int status, String type, String body) {
    bytes(request, response, status, type, body.getBytes(StandardCharsets.UTF_8));
  }

  static void bytes(
      ServerRequest request, ServerResponse response, int status, String type, byte[] body) {
    response.status(Status.create(status));
    response.header(HeaderNames.CONTENT_TYPE, type);
    if (bodiless(request, status)) {
      if (status != 204 && status != 304) {
        response.header(HeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
      }
      response.send();
      return;
    }
    response.send(body);
  }

  static boolean bodiless(ServerRequest request, int status) {
    return status == 204 || status == 304 || request.prologue().method().text().equals("HEAD");
  }

  /** The request's target as it came. */
  static String target(ServerRequest request) {
    String path = request.prologue().uriPath().rawPath();
    return request.prologue().hasQuery()
        ? path + "?" + request.prologue().query().rawValue()
        : path;
  }
}
