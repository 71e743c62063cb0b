package com.fnproject.lb.fn;

import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.FunctionalCounter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Counts the readings of nodes' metrics. Thread-safe. */
final class ScrapeMeters {

  private final Map<ScrapeResult, Counter> results = new EnumMap<>(ScrapeResult.class);
  private final Counter skipped;

  ScrapeMeters(MeterRegistry meters, Readings readings) {
    for (ScrapeResult result : ScrapeResult.values()) {
      results.put(
          result,
          meters.getOrCreate(
              Counter.builder("fnlb.scrapes")
                  .description("Readings of a node's /metrics, by how they ended")
                  .tags(List.of(Tag.create("result", result.name().toLowerCase(Locale.ROOT))))));
    }
    skipped =
        meters.getOrCreate(
            Counter.builder("fnlb.scrapes.skipped")
                .description("Lines of nodes' /metrics that should have been of use and were not"));
    meters.getOrCreate(
        FunctionalCounter.builder("fnlb.limits", readings, Readings::dropped)
            .description("Times a limit was reached, by the setting that sets it")
            .addTag(Tag.create("limit", "max-readings")));
  }

  void count(ScrapeResult result) {
    Objects.requireNonNull(results.get(result)).increment();
  }

  void skipped(int lines) {
    skipped.increment(lines);
  }
}
