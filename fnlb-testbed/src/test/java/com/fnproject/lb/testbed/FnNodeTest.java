package com.fnproject.lb.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.testbed.model.NodeModelConfig;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FnNodeTest {
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final FnDatabase database = new FnDatabase();
  private FnNode node = FnNode.start(FnNodeConfig.create().timeScale(20), database);

  @AfterEach
  void close() {
    node.close();
    client.close();
  }

  @Test
  void tellsItsVersionAsFnDoes() throws Exception {
    HttpResponse<String> answer = get("/version");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"version\":\"0.3.753\"}\n");
    assertThat(answer.headers().firstValue("Content-Type"))
        .contains("application/json; charset=utf-8");
    assertThat(get("/").body())
        .isEqualTo("{\"goto\":\"https://github.com/fnproject/fn\",\"hello\":\"world!\"}\n");
  }

  @Test
  void answersAnUnknownPathAndAWrongMethodWithFnsMessages() throws Exception {
    assertThat(get("/nope").statusCode()).isEqualTo(404);
    assertThat(get("/nope").body()).isEqualTo("{\"message\":\"Path not found: GET /nope\"}\n");
    assertThat(get("//version").statusCode()).isEqualTo(404);
    assertThat(get("/r/app/route").statusCode()).isEqualTo(404);
    assertThat(get("/version/").statusCode()).isEqualTo(301);
    HttpResponse<String> deleted = send(request("/v2/apps").DELETE());
    assertThat(deleted.statusCode()).isEqualTo(405);
    assertThat(deleted.body()).isEqualTo("{\"message\":\"Method not allowed: DELETE /v2/apps\"}\n");
  }

  @Test
  void invokesAFunctionAndWrapsItsStatusAndHeaders() throws Exception {
    String fn =
        database.createFunction(database.createApp("demo"), "hello", Map.of("STATUS", "418"));
    HttpResponse<String> answer = send(request("/invoke/" + fn).POST(BodyPublishers.ofString("x")));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Fn-Http-Status")).contains("418");
    assertThat(answer.headers().firstValue("Fn-Http-H-Test-Node")).contains(node.name());
    assertThat(answer.headers().firstValue("Fn-Call-Id").orElseThrow()).hasSize(26);
    assertThat(answer.headers().firstValue("Content-Length")).contains("26");
    assertThat(answer.body()).isEqualTo("{\"message\":\"Hello World\"}\n");
    assertThat(get("/invoke/" + fn).statusCode()).isEqualTo(405);
    HttpResponse<String> unknown = send(request("/invoke/NOPE").POST(BodyPublishers.noBody()));
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.body()).isEqualTo("{\"message\":\"Fn not found\"}\n");
    assertThat(unknown.headers().firstValue("Fn-Call-Id")).isEmpty();
  }

  @Test
  void translatesStatusAndHeadersThroughATrigger() throws Exception {
    sample(Map.of("STATUS", "201"));
    HttpResponse<String> answer = get("/t/demo/hello?q=1");
    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(answer.headers().firstValue("Test-Node")).contains(node.name());
    assertThat(answer.headers().firstValue("Fn-Http-Status")).isEmpty();
    assertThat(get("/t/demo/hello/").body()).isEqualTo("{\"message\":\"Trigger not found\"}\n");
    assertThat(get("/t/nope/hello").body()).isEqualTo("{\"message\":\"App not found\"}\n");
    HttpResponse<String> head = send(request("/t/demo/hello").HEAD());
    assertThat(head.statusCode()).isEqualTo(201);
    assertThat(head.headers().firstValue("Content-Length")).contains("26");
  }

  @Test
  void reportsWhatTheFunctionSaw() throws Exception {
    sample(Map.of("ANSWER", "seen"));
    HttpResponse<String> answer =
        send(
            request("/t/demo/hello?a=%2F&b")
                .header("X-One", "1")
                .header("Content-Encoding", "gzip")
                .method("PATCH", BodyPublishers.ofString("12345")));
    JsonObject seen = json(answer);
    assertThat(seen.getString("method")).isEqualTo("PATCH");
    assertThat(seen.getString("target")).isEqualTo("/t/demo/hello?a=%2F&b");
    assertThat(seen.getInt("bodyLength")).isEqualTo(5);
    assertThat(seen.getString("bodyCrc32")).isEqualTo("cbf53a1c");
    assertThat(seen.getJsonArray("headers").toString()).contains("[\"X-One\",\"1\"]");
  }

  @Test
  void echoesAndAnswersAsManyBytesAsAsked() throws Exception {
    sample(Map.of());
    HttpResponse<String> echo =
        send(
            request("/t/demo/hello")
                .header("Test-Answer", "echo")
                .header("Content-Type", "text/x")
                .POST(BodyPublishers.ofString("abc")));
    assertThat(echo.body()).isEqualTo("abc");
    assertThat(echo.headers().firstValue("Content-Type")).contains("text/x");
    HttpRequest.Builder bytes =
        request("/t/demo/hello")
            .header("Test-Answer", "bytes")
            .header("Test-Answer-Bytes", "300000");
    byte[] body = client.send(bytes.build(), BodyHandlers.ofByteArray()).body();
    assertThat(body).hasSize(300_000);
    assertThat(AnswerBytes.matches(body, body.length, 0)).isTrue();
  }

  @Test
  void namesABadTestHeader() throws Exception {
    sample(Map.of());
    HttpResponse<String> answer =
        send(request("/t/demo/hello").header("Test-Run-Ms", "soon").GET());
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .contains("header Test-Run-Ms: 'soon' (expected: milliseconds, such as 20 or 0.5)");
  }

  @Test
  void failsInEachOfFnsWays() throws Exception {
    String app = sample(Map.of());
    assertThat(failing("contract")).isEqualTo("502 function failed true");
    assertThat(failing("status")).isEqualTo("502 invalid function response true");
    assertThat(failing("dies")).isEqualTo("502 error receiving function response true");
    database.createTrigger(
        app,
        database.createFunction(app, "slow", 128, 1, 30, Map.of("FAIL", "timeout")),
        "slow",
        "/slow");
    HttpResponse<String> slow = get("/t/demo/slow");
    assertThat(slow.statusCode()).isEqualTo(504);
    assertThat(slow.body()).isEqualTo("{\"message\":\"Timed out\"}\n");
    database.createTrigger(
        app, database.createFunction(app, "bad", Map.of("FAIL", "start")), "bad", "/bad");
    assertThat(get("/t/demo/bad").statusCode()).isEqualTo(502);
    assertThat(get("/t/demo/bad").body()).contains("Container failed to initialize");
    database.createTrigger(
        app, database.createFunction(app, "none", Map.of("FAIL", "image")), "none", "/none");
    assertThat(get("/t/demo/none").statusCode()).isEqualTo(404);
    database.createTrigger(
        app, database.createFunction(app, "late", Map.of("START_MS", "6000")), "late", "/late");
    assertThat(get("/t/demo/late").statusCode()).isEqualTo(504);
    assertThat(get("/t/demo/late").body()).contains("Container initialization timed out");
  }

  @Test
  void refusesAFunctionBiggerThanItselfWithoutACallId() throws Exception {
    String app = sample(Map.of());
    database.createTrigger(
        app, database.createFunction(app, "big", 9_000, 30, 30, Map.of()), "big", "/big");
    HttpResponse<String> answer = get("/t/demo/big");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .isEqualTo("{\"message\":\"Requested CPU/Memory cannot be allocated\"}\n");
    assertThat(answer.headers().firstValue("Fn-Call-Id")).isEmpty();
  }

  @Test
  void refusesWhatDoesNotFitWhenNonBlocking() throws Exception {
    node.close();
    NodeModelConfig model = NodeModelConfig.ofMemory(128L << 20).nonBlocking(true);
    node = FnNode.start(FnNodeConfig.create().timeScale(20).model(model), database);
    sample(Map.of("RUN_MS", "20000"));
    CompletableFuture<HttpResponse<String>> first =
        client.sendAsync(request("/t/demo/hello").build(), BodyHandlers.ofString());
    Awaitility.await().until(() -> node.running() == 1);
    HttpResponse<String> answer = get("/t/demo/hello");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).isEqualTo("{\"message\":\"Timed out - server too busy\"}\n");
    assertThat(answer.headers().firstValue("Retry-After")).contains("15");
    assertThat(answer.headers().firstValue("Fn-Call-Id")).isPresent();
    assertThat(get("/metrics").body()).contains("fn_server_busy 1\n");
    assertThat(first.join().statusCode()).isEqualTo(200);
  }

  @Test
  void letsCallsWaitWithoutLimitByDefault() throws Exception {
    node.close();
    node =
        FnNode.start(
            FnNodeConfig.create().timeScale(20).model(NodeModelConfig.ofMemory(256L << 20)),
            database);
    String fn =
        database.createFunction(database.createApp("demo"), "hello", Map.of("RUN_MS", "1500"));
    List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      HttpRequest call = request("/invoke/" + fn).POST(BodyPublishers.noBody()).build();
      calls.add(client.sendAsync(call, BodyHandlers.ofString()));
    }
    assertThat(calls).allSatisfy(call -> assertThat(call.join().statusCode()).isEqualTo(200));
    assertThat(node.rows()).hasSize(1);
    assertThat(node.rows().getFirst().coldStarts()).isEqualTo(2);
    assertThat(node.rows().getFirst().calls()).isEqualTo(5);
  }

  @Test
  void runsADetachedCallAndAnswersNothing() throws Exception {
    String fn = database.createFunction(database.createApp("demo"), "hello", Map.of());
    HttpResponse<String> answer =
        send(
            request("/invoke/" + fn)
                .header("Fn-Invoke-Type", "detached")
                .POST(BodyPublishers.noBody()));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void countsExecutionsByTheClientsId() throws Exception {
    sample(Map.of());
    for (int i = 0; i < 2; i++) {
      send(
          request("/t/demo/hello")
              .header(Executions.HEADER, "twice")
              .POST(BodyPublishers.ofString("x")));
    }
    send(request("/t/demo/hello").header(Executions.HEADER, "once").GET());
    assertThat(node.executions().of("twice")).isEqualTo(2);
    assertThat(node.executions().repeated()).containsExactly(Map.entry("twice", 2));
    JsonObject told = json(get("/testbed/executions"));
    assertThat(told.getInt("total")).isEqualTo(3);
    assertThat(told.getJsonObject("repeated").getInt("twice")).isEqualTo(2);
    assertThat(json(get("/testbed/executions?id=once")).getInt("count")).isEqualTo(1);
  }

  @Test
  void sendsAWaitHeaderOnlyAsAnOldNode() throws Exception {
    sample(Map.of());
    assertThat(get("/t/demo/hello").headers().firstValue(WaitHeader.NAME)).isEmpty();
    node.version("0.3.500");
    node.waitHeader(WaitHeader.MEASURED);
    assertThat(get("/t/demo/hello").headers().firstValue(WaitHeader.NAME)).contains("0s");
    node.waitHeader(WaitHeader.fixed("1.02s"));
    assertThat(get("/t/demo/hello").headers().firstValue(WaitHeader.NAME)).contains("1.02s");
    assertThat(get("/version").body()).contains("0.3.500");
  }

  @Test
  void canBeSick() throws Exception {
    node.versionStatus(500);
    assertThat(get("/version").statusCode()).isEqualTo(500);
  }

  private String sample(Map<String, String> config) {
    String app = database.createApp("demo");
    database.createTrigger(app, database.createFunction(app, "hello", config), "hello", "/hello");
    return app;
  }

  private String failing(String how) throws Exception {
    HttpResponse<String> answer = send(request("/t/demo/hello").header("Test-Fail", how).GET());
    return answer.statusCode()
        + " "
        + json(answer).getString("message")
        + " "
        + answer.headers().firstValue("Fn-Call-Id").isPresent();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(request(path).GET());
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(node.uri() + path));
  }

  private static JsonObject json(HttpResponse<String> answer) {
    return Json.createReader(new StringReader(answer.body())).readObject();
  }
}
