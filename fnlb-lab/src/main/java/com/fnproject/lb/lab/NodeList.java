package com.fnproject.lb.lab;

import com.fnproject.lb.testbed.wire.RawAnswer;
import com.fnproject.lb.testbed.wire.RawClient;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The balancer's own list of nodes, asked for as any operator would. */
record NodeList(String host, int port) {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /**
   * Every node with "online" or "offline", sorted; null when the balancer does not tell. Blocks for
   * some seconds at most.
   */
  @Nullable Map<String, String> read() {
    try (RawClient client = RawClient.connect(host, port)) {
      RawAnswer answer =
          client
              .patience(PATIENCE)
              .exchange("GET /1/lb/nodes HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n");
      return answer.status() == 200 ? nodes(answer.text()) : null;
    } catch (IOException | JsonException e) {
      return null;
    }
  }

  private static Map<String, String> nodes(String text) {
    Map<String, String> nodes = new TreeMap<>();
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      JsonObject told = reader.readObject().getJsonObject("nodes");
      told.keySet().forEach(name -> nodes.put(name, told.getString(name)));
    }
    return nodes;
  }
}
