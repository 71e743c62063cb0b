package com.fnproject.lb.admin;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import jakarta.json.stream.JsonGeneratorFactory;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.function.Consumer;

/** Answers in JSON. Every body ends in a newline, as with the original. */
final class JsonAnswer {

  private static final JsonGeneratorFactory GENERATORS =
      JsonProvider.provider().createGeneratorFactory(Map.of());

  private JsonAnswer() {}

  /** Answers {@code {"msg":…}}. */
  static void send(ServerRequest request, ServerResponse response, Status status, String message) {
    send(request, response, status, json -> json.write("msg", message));
  }

  /**
   * Answers with one object. To HEAD the same without the body. When the request's body was not
   * read to its end the connection is to be closed.
   *
   * @param members writes what is in the object
   */
  static void send(
      ServerRequest request,
      ServerResponse response,
      Status status,
      Consumer<JsonGenerator> members) {
    send(request, response, status, HeaderValues.CONTENT_TYPE_JSON, object(members));
  }

  /** Answers with any body, in all else as with an object. */
  static void send(
      ServerRequest request, ServerResponse response, Status status, Header type, byte[] body) {
    response.status(status).header(type);
    if (request.content().hasEntity() && !request.content().consumed()) {
      response.header(HeaderValues.CONNECTION_CLOSE);
    }
    if (request.prologue().method().equals(Method.HEAD)) {
      response.header(HeaderNames.CONTENT_LENGTH, String.valueOf(body.length));
      response.send();
    } else {
      response.send(body);
    }
  }

  private static byte[] object(Consumer<JsonGenerator> members) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (JsonGenerator json = GENERATORS.createGenerator(body)) {
      json.writeStartObject();
      members.accept(json);
      json.writeEnd();
    }
    body.write('\n');
    return body.toByteArray();
  }
}
