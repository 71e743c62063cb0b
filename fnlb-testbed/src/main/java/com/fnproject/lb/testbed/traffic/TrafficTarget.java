package com.fnproject.lb.testbed.traffic;

import com.fnproject.lb.testbed.SampleFunction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One kind of call in a mixed traffic.
 *
 * @param function the name under which its calls are counted; several targets may share one
 * @param weight its share of the calls, relative to the other targets' weights
 * @param body what is sent with it; empty = no body
 */
public record TrafficTarget(
    String function, double weight, String method, String path, String body) {

  /** The share of a sample function's calls that come as {@code POST /invoke/<id>}. */
  public static final double INVOKED = 0.25;

  public TrafficTarget {
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: above 0)");
    }
  }

  /**
   * The sample functions by their weights: most calls through the trigger, the others by id.
   *
   * @param ids the functions with their ids, as {@code FnCluster.addSamples} answers them
   */
  public static List<TrafficTarget> samples(Map<SampleFunction, String> ids) {
    List<TrafficTarget> targets = new ArrayList<>();
    ids.forEach(
        (sample, id) -> {
          String name = sample.name();
          double weight = sample.weight();
          targets.add(new TrafficTarget(name, weight * (1 - INVOKED), "GET", sample.path(), ""));
          targets.add(
              new TrafficTarget(
                  name, weight * INVOKED, "POST", "/invoke/" + id, "{\"by\":\"id\"}"));
        });
    return targets;
  }

  /** The request as it is sent. */
  byte[] request(String authority) {
    String length = body.isEmpty() ? "" : "Content-Length: " + bodyBytes().length + "\r\n";
    byte[] head =
        (method + " " + path + " HTTP/1.1\r\nHost: " + authority + "\r\n" + length + "\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] request = new byte[head.length + bodyBytes().length];
    System.arraycopy(head, 0, request, 0, head.length);
    System.arraycopy(bodyBytes(), 0, request, head.length, bodyBytes().length);
    return request;
  }

  private byte[] bodyBytes() {
    return body.getBytes(StandardCharsets.UTF_8);
  }
}
