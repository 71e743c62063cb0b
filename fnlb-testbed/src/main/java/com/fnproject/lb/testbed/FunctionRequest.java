package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.CallEnd;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Locale;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** One request for a function: from its look-up to Fn's answer (FN-NODES.md, 1.2 and part 2). */
final class FunctionRequest {
  private static final int MAX_ECHO = 16 << 20;
  private static final String HELLO = "{\"message\":\"Hello World\"}\n";

  private final FnNode node;
  private final ServerRequest request;
  private final ServerResponse response;
  private final boolean trigger;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
  private final CRC32 checksum = new CRC32();
  private long bodyLength;

  FunctionRequest(FnNode node, ServerRequest request, ServerResponse response, boolean trigger) {
    this.node = node;
    this.request = request;
    this.response = response;
    this.trigger = trigger;
  }

  void answer(String functionId) {
    FunctionCatalog.Entry function = node.catalog().function(functionId);
    Behaviour behaviour = function.behaviour().with(this::header);
    String callId = node.nextCallId();
    String clientsId = header(Executions.HEADER);
    Invocation call =
        new Invocation(
            node.driver(),
            functionId,
            behaviour.failure() == Behaviour.Failure.DIES,
            () -> node.executions().record(clientsId));
    CallEnd end;
    try {
      end = run(call, function, behaviour);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("the node closes", e);
    }
    if (end == CallEnd.CANCELLED) {
      throw new CloseConnectionException("the node is gone");
    }
    WaitHeader waitHeader = node.waitHeader();
    if (waitHeader != null) {
      response.header(
          HeaderNames.create(WaitHeader.NAME),
          waitHeader.value(Duration.ofNanos(call.waitedNanos())));
    }
    if (end != CallEnd.TOO_BIG) {
      response.header(HttpAnswers.CALL_ID, callId);
    }
    if (end == CallEnd.ANSWERED) {
      functionAnswers(call, behaviour);
      return;
    }
    fnAnswers(end, function);
  }

  private CallEnd run(Invocation call, FunctionCatalog.Entry function, Behaviour behaviour)
      throws InterruptedException {
    long nanos =
        behaviour.failure() == Behaviour.Failure.TIMEOUT
            ? function.spec().timeoutNanos() + 1_000_000_000L
            : behaviour.runNanos();
    if (!request.content().hasEntity()) {
      return call.run(function.spec(), nanos);
    }
    @Nullable CallEnd early = call.start(function.spec());
    if (early != null) {
      return early;
    }
    try {
      readBody(behaviour);
    } catch (IOException | RuntimeException e) {
      call.cancel();
      throw new CloseConnectionException("the request's body broke off", e);
    }
    return call.finish(nanos);
  }

  /** Streams the body into the function, as a full node does. */
  private void readBody(Behaviour behaviour) throws IOException {
    InputStream in = request.content().inputStream();
    byte[] buffer = new byte[64 << 10];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      bodyLength += count;
      checksum.update(buffer, 0, count);
      if (behaviour.answer() == Behaviour.Answer.ECHO && bodyLength <= MAX_ECHO) {
        kept.write(buffer, 0, count);
      }
    }
  }

  private void functionAnswers(Invocation call, Behaviour behaviour) {
    switch (behaviour.failure()) {
      case CONTRACT -> {
        HttpAnswers.error(request, response, 502, "function failed");
        return;
      }
      case STATUS -> {
        HttpAnswers.error(request, response, 502, "invalid function response");
        return;
      }
      case NONE, TIMEOUT, DIES, START, IMAGE -> {}
    }
    if (detached()) {
      HttpAnswers.bytes(request, response, 200, HttpAnswers.JSON, new byte[0]);
      return;
    }
    if (behaviour.answer() == Behaviour.Answer.ECHO && bodyLength > MAX_ECHO) {
      HttpAnswers.error(request, response, 502, "function response too large");
      return;
    }
    String prefix = trigger ? "" : "Fn-Http-H-";
    response.header(HeaderNames.create(prefix + "Test-Node"), node.name());
    response.header(HeaderNames.create(prefix + "Test-Container"), Long.toString(call.container()));
    if (!trigger) {
      response.header(HeaderNames.create("Fn-Http-Status"), Integer.toString(behaviour.status()));
      response.header(HeaderNames.create("Fn-Fdk-Version"), "fdk-testbed/1.0.0");
    }
    int status = trigger ? behaviour.status() : 200;
    switch (behaviour.answer()) {
      case HELLO -> HttpAnswers.text(request, response, status, "application/json", HELLO);
      case SEEN ->
          HttpAnswers.text(request, response, status, "application/json", seen(call) + "\n");
      case ECHO -> {
        String type = header("Content-Type");
        HttpAnswers.bytes(
            request,
            response,
            status,
            type == null ? "application/octet-stream" : type,
            kept.toByteArray());
      }
      case BYTES -> answerBytes(status, behaviour.answerBytes());
    }
  }

  private void answerBytes(int status, long length) {
    response.status(Status.create(status));
    response.header(HeaderNames.CONTENT_TYPE, "application/octet-stream");
    if (length == 0 || HttpAnswers.bodiless(request, status)) {
      if (status != 204 && status != 304) {
        response.header(HeaderNames.CONTENT_LENGTH, Long.toString(length));
      }
      response.send();
      return;
    }
    response.header(HeaderNames.CONTENT_LENGTH, Long.toString(length));
    try (OutputStream out = response.outputStream()) {
      AnswerBytes.write(out, length);
    } catch (IOException e) {
      throw new CloseConnectionException("the answer broke off", e);
    }
  }

  private void fnAnswers(CallEnd end, FunctionCatalog.Entry function) {
    switch (end) {
      case TIMED_OUT -> HttpAnswers.error(request, response, 504, "Timed out");
      case DIED -> HttpAnswers.error(request, response, 502, "error receiving function response");
      case TOO_BIG ->
          HttpAnswers.error(request, response, 400, "Requested CPU/Memory cannot be allocated");
      case BUSY -> {
        response.header(HeaderNames.RETRY_AFTER, "15");
        HttpAnswers.error(request, response, 503, "Timed out - server too busy");
      }
      case START_FAILED ->
          HttpAnswers.error(
              request,
              response,
              502,
              "Container failed to initialize, please ensure you are using the latest fdk and check the logs");
      case START_TIMED_OUT ->
          HttpAnswers.error(
              request,
              response,
              504,
              "Container initialization timed out, please ensure you are using the latest fdk and check the logs");
      case IMAGE_MISSING ->
          HttpAnswers.error(
              request,
              response,
              404,
              "manifest for " + function.spec().image() + " not found: manifest unknown");
      case PULL_TIMED_OUT -> HttpAnswers.error(request, response, 504, "Image pull timed out");
      case ANSWERED, CANCELLED -> throw new IllegalStateException("no error: " + end);
    }
  }

  private String seen(Invocation call) {
    JsonArrayBuilder headers = Json.createArrayBuilder();
    for (Header header : request.headers()) {
      for (String value : header.allValues()) {
        headers.add(Json.createArrayBuilder().add(header.name()).add(value));
      }
    }
    return Json.createObjectBuilder()
        .add("method", request.prologue().method().text())
        .add("target", HttpAnswers.target(request))
        .add("headers", headers)
        .add("bodyLength", bodyLength)
        .add("bodyCrc32", Long.toHexString(checksum.getValue()))
        .add("node", node.name())
        .add("container", call.container())
        .build()
        .toString();
  }

  private boolean detached() {
    String type = header("Fn-Invoke-Type");
    return !trigger && type != null && type.toLowerCase(Locale.ROOT).equals("detached");
  }

  private @Nullable String header(String name) {
    return request.headers().value(HeaderNames.create(name)).orElse(null);
  }
}
