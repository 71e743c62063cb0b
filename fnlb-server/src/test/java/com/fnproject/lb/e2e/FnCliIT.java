package com.fnproject.lb.e2e;

import static com.fnproject.lb.e2e.RunningBalancer.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.testbed.FnCluster;
import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.Test;

/**
 * What the fn command line sends with {@code FN_API_URL} pointing at the balancer, from {@code fn
 * create app} to {@code fn delete app}: go-openapi's requests, bodies in chunks, one connection
 * kept. URLs in the nodes' answers must lead back to the balancer.
 */
class FnCliIT {

  private static final String APP_ID = "app_id";

  private RawClient client;
  private String host;

  @Test
  void drivesAClusterThroughTheBalancer() throws IOException {
    try (FnCluster cluster = FnCluster.start(3);
        RunningBalancer balancer =
            RunningBalancer.start("--nodes", String.join(",", cluster.names()));
        RawClient connection = balancer.connect()) {
      balancer.awaitOnline(cluster.names());
      client = connection;
      host = "127.0.0.1:" + balancer.port();

      assertThat(send("GET", "/version", "").getString("version")).isEqualTo("0.3.753");

      // fn create app shop; fn list apps
      String app = send("POST", "/v2/apps", "{\"name\":\"shop\"}").getString("id");
      assertThat(names("/v2/apps?per_page=100")).isEqualTo("shop");
      assertThat(send("GET", "/v2/apps?name=shop", "").getJsonArray("items")).hasSize(1);

      // fn create function shop cart fnproject/cart:0.0.1 --memory 256; fn list functions shop
      JsonObject made =
          send(
              "POST",
              "/v2/fns",
              """
              {"app_id":"%s","name":"cart","image":"fnproject/cart:0.0.1","memory":256,\
              "config":{"START_MS":"1","ANSWER":"seen"}}"""
                  .formatted(app));
      String function = made.getString("id");
      assertThat(names("/v2/fns?app_id=" + app + "&per_page=100")).isEqualTo("cart");

      // fn create trigger shop cart checkout --type http --source /checkout; fn list triggers shop
      send(
          "POST",
          "/v2/triggers",
          """
          {"app_id":"%s","fn_id":"%s","name":"checkout","type":"http","source":"/checkout"}"""
              .formatted(app, function));
      assertThat(names("/v2/triggers?app_id=" + app)).isEqualTo("checkout");

      // fn inspect function shop cart; fn config function shop cart STATUS 201
      JsonObject listed =
          send("GET", "/v2/fns?" + APP_ID + "=" + app + "&name=cart", "")
              .getJsonArray("items")
              .getJsonObject(0);
      assertThat(listed.getString("id")).isEqualTo(function);
      JsonObject inspected = send("GET", "/v2/fns/" + function, "");
      assertThat(inspected.getInt("memory")).isEqualTo(256);
      JsonObject configured =
          send("PUT", "/v2/fns/" + function, "{\"config\":{\"STATUS\":\"201\"}}");
      assertThat(configured.getJsonObject("config").getString("STATUS")).isEqualTo("201");

      // fn invoke shop cart, as its endpoint annotation says
      String invoke = endpoint(inspected, "fnproject.io/fn/invokeEndpoint");
      assertThat(invoke).isEqualTo("http://" + host + "/invoke/" + function);
      RawAnswer invoked = exchange("POST", path(invoke), "{\"book\":1}");
      assertThat(invoked.status()).isEqualTo(200);
      assertThat(invoked.head().header("Fn-Http-Status")).isEqualTo("201");
      assertThat(invoked.head().header("Fn-Call-Id")).isNotNull();
      JsonObject seen = json(invoked.text());
      assertThat(seen.getInt("bodyLength")).isEqualTo(10);
      assertThat(seen.getJsonArray("headers").toString())
          .contains("[\"Host\",\"" + host + "\"]", "[\"X-Forwarded-For\",\"127.0.0.1\"]");

      // curl on the trigger's endpoint
      JsonObject trigger =
          send("GET", "/v2/triggers?app_id=" + app + "&fn_id=" + function, "")
              .getJsonArray("items")
              .getJsonObject(0);
      String endpoint = endpoint(trigger, "fnproject.io/trigger/httpEndpoint");
      assertThat(endpoint).isEqualTo("http://" + host + "/t/shop/checkout");
      RawAnswer triggered = exchange("GET", path(endpoint), "");
      assertThat(triggered.status()).isEqualTo(201);
      assertThat(cluster.executions().total()).isEqualTo(2);

      // fn invoke shop nope
      assertThat(send("GET", "/v2/fns?app_id=" + app + "&name=nope", "").getJsonArray("items"))
          .isEmpty();
      RawAnswer missing = exchange("POST", "/invoke/nope", "{}");
      assertThat(missing.status()).isEqualTo(404);
      assertThat(json(missing.text()).getString("message")).isEqualTo("Fn not found");

      // fn delete trigger, function, app
      assertThat(exchange("DELETE", "/v2/triggers/" + trigger.getString("id"), "").status())
          .isEqualTo(204);
      assertThat(exchange("DELETE", "/v2/fns/" + function, "").status()).isEqualTo(204);
      assertThat(exchange("DELETE", "/v2/apps/" + app, "").status()).isEqualTo(204);
      assertThat(names("/v2/apps?per_page=100")).isEmpty();
    }
  }

  private JsonObject send(String method, String target, String body) throws IOException {
    RawAnswer answer = exchange(method, target, body);
    assertThat(answer.status()).as(method + " " + target + ": " + answer.text()).isEqualTo(200);
    assertThat(answer.head().header("Content-Type")).startsWith("application/json");
    return json(answer.text());
  }

  private RawAnswer exchange(String method, String target, String body) throws IOException {
    String head =
        method
            + " "
            + target
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nUser-Agent: Go-http-client/1.1\r\nAccept: application/json\r\n"
            + "Accept-Encoding: gzip\r\n";
    if (body.isEmpty()) {
      return client.exchange(head + "\r\n");
    }
    return client.exchange(
        head
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + Integer.toHexString(body.length())
            + "\r\n"
            + body
            + "\r\n0\r\n\r\n");
  }

  private String names(String target) throws IOException {
    return String.join(
        ",",
        send("GET", target, "").getJsonArray("items").getValuesAs(JsonObject.class).stream()
            .map(item -> item.getString("name"))
            .toList());
  }

  private static String endpoint(JsonObject row, String annotation) {
    return row.getJsonObject("annotations").getString(annotation);
  }

  private static String path(String url) {
    return URI.create(url).getPath();
  }
}
