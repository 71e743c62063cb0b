package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.CallEnd;
import com.fnproject.lb.testbed.model.ContainerState;
import com.fnproject.lb.testbed.model.FunctionSeries;
import com.fnproject.lb.testbed.model.NodeModel;
import com.fnproject.lb.testbed.model.StateDurations;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/**
 * {@code /metrics} as fn 0.3.753 writes it: gauges that are declared as counters, series that stay
 * at 0 once seen, about 55 lines for each function (FN-NODES.md, 1.6 and part 3).
 */
final class MetricsPage {
  private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final StringBuilder page = new StringBuilder(16 << 10);
  private final NodeModel model;
  private final long nowNanos;

  private MetricsPage(NodeModel model, long nowNanos) {
    this.model = model;
    this.nowNanos = nowNanos;
  }

  static void answer(NodeDriver driver, ServerRequest request, ServerResponse response) {
    String text;
    long now = driver.enter();
    try {
      text = new MetricsPage(driver.model(), now).text();
    } finally {
      driver.leave();
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (request.headers().value(HeaderNames.ACCEPT_ENCODING).orElse("").contains("gzip")) {
      response.header(HeaderNames.CONTENT_ENCODING, "gzip");
      bytes = gzip(bytes);
    }
    HttpAnswers.bytes(request, response, 200, TYPE, bytes);
  }

  private String text() {
    number("fn_calls", model.calls());
    number("fn_completed", model.ended(CallEnd.ANSWERED));
    number("fn_errors", errors());
    number("fn_queued", model.queued());
    number("fn_running", model.running());
    number("fn_timeouts", model.ended(CallEnd.TIMED_OUT));
    if (model.ended(CallEnd.BUSY) > 0) {
      number("fn_server_busy", model.ended(CallEnd.BUSY));
    }
    if (model.memoryUsed() >= 0) {
      gauge("fn_util_mem_used", model.memoryUsed());
      gauge("fn_util_mem_avail", model.memoryAvailable());
      gauge("fn_util_cpu_used", 0);
      gauge("fn_util_cpu_avail", (long) (1_000 * Math.max(1, model.config().cores())));
    }
    for (ContainerState state : ContainerState.values()) {
      containers(state);
    }
    for (ContainerState state : ContainerState.values()) {
      durations(state);
    }
    evictions();
    return page.toString();
  }

  private long errors() {
    return model.ended(CallEnd.DIED)
        + model.ended(CallEnd.START_FAILED)
        + model.ended(CallEnd.START_TIMED_OUT)
        + model.ended(CallEnd.IMAGE_MISSING)
        + model.ended(CallEnd.PULL_TIMED_OUT);
  }

  private void containers(ContainerState state) {
    String name = "fn_container_" + state.label() + "_total";
    head(name, "containers in state container_" + state.label() + "_total", "counter");
    for (FunctionSeries series : model.functions()) {
      page.append(name);
      labels(series);
      page.append("} ").append(series.containers(state, nowNanos)).append('\n');
    }
  }

  private void durations(ContainerState state) {
    String name = "fn_container_" + state.label() + "_duration_seconds";
    head(name, "time spent in container_" + state.label() + "_total", "histogram");
    for (FunctionSeries series : model.functions()) {
      StateDurations durations = series.durations(state);
      for (int bucket = 0; bucket < durations.buckets(); bucket++) {
        page.append(name).append("_bucket");
        labels(series);
        page.append(",le=\"").append(durations.boundMillis(bucket)).append("\"} ");
        page.append(durations.cumulative(bucket)).append('\n');
      }
      page.append(name).append("_bucket");
      labels(series);
      page.append(",le=\"+Inf\"} ").append(durations.count()).append('\n');
      page.append(name).append("_sum");
      labels(series);
      page.append("} ").append(durations.sumMillis()).append('\n');
      page.append(name).append("_count");
      labels(series);
      page.append("} ").append(durations.count()).append('\n');
    }
  }

  private void evictions() {
    boolean first = true;
    for (FunctionSeries series : model.functions()) {
      if (series.evictions() == 0) {
        continue;
      }
      if (first) {
        head("fn_container_evictions", "containers evicted", "counter");
        first = false;
      }
      page.append("fn_container_evictions");
      labels(series);
      page.append("} ").append(series.evictions()).append('\n');
    }
  }

  private void labels(FunctionSeries series) {
    page.append("{app_id=\"").append(series.appId());
    page.append("\",fn_id=\"").append(series.functionId());
    page.append("\",image_name=\"").append(series.image()).append('"');
  }

  private void number(String name, long value) {
    head(name, name.replace('_', ' '), "counter");
    page.append(name).append(' ').append(value).append('\n');
  }

  private void gauge(String name, long value) {
    head(name, name.replace('_', ' '), "gauge");
    page.append(name).append(' ').append(value).append('\n');
  }

  private void head(String name, String help, String type) {
    page.append("# HELP ").append(name).append(' ').append(help).append('\n');
    page.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }
}
