package com.fnproject.lb.proxy;

import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What the data path counts. Thread-safe; every counter is looked up once. */
final class ProxyMeters {

  private final Counter[] callsByStatusClass = new Counter[6];
  private final Counter cut;
  private final Counter again;
  private final Counter attemptsLimit;
  private final Counter headersLimit;
  private final LongAdder active = new LongAdder();

  ProxyMeters(MeterRegistry meters) {
    for (int i = 1; i < callsByStatusClass.length; i++) {
      callsByStatusClass[i] =
          meters.getOrCreate(
              Counter.builder("fnlb.calls")
                  .description("Calls answered, by the class of the status that the client got")
                  .tags(List.of(Tag.create("status", i + "xx"))));
    }
    cut =
        meters.getOrCreate(
            Counter.builder("fnlb.calls.cut")
                .description("Calls whose answer had begun and could not be finished"));
    again =
        meters.getOrCreate(
            Counter.builder("fnlb.calls.retried")
                .description(
                    "Further attempts: calls sent to another node, or on a fresh connection"));
    attemptsLimit = limit(meters, "max-attempts");
    headersLimit = limit(meters, "max-headers");
    meters.getOrCreate(
        Gauge.builder("fnlb.calls.active", active::sum)
            .description("Calls under way, from the request's head to the answer's last byte"));
  }

  private static Counter limit(MeterRegistry meters, String setting) {
    return meters.getOrCreate(
        Counter.builder("fnlb.limits")
            .description("Times a limit was reached, by the setting that sets it")
            .tags(List.of(Tag.create("limit", setting))));
  }

  void began() {
    active.increment();
  }

  void ended() {
    active.decrement();
  }

  long active() {
    return active.sum();
  }

  void answered(int status) {
    callsByStatusClass[Math.clamp(status / 100, 1, 5)].increment();
  }

  void cut() {
    cut.increment();
  }

  void retried() {
    again.increment();
  }

  /** A call was given up although there were more nodes to try. */
  void outOfAttempts() {
    attemptsLimit.increment();
  }

  void tooManyHeaders() {
    headersLimit.increment();
  }
}
