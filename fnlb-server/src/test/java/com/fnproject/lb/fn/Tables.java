package com.fnproject.lb.fn;

import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Function tables for tests in which nothing is looked up. */
public final class Tables {

  private Tables() {}

  /** A table with this bound for functions, triggers and paths alike. */
  public static FunctionTable withoutApi(int most) {
    return withoutApi(most, null);
  }

  /** One whose functions are read of. */
  static FunctionTable withoutApi(int most, Readings readings) {
    return new FunctionTable(
        config(most, most, most),
        new NoSource(),
        (from, into) -> {},
        readings,
        System::nanoTime,
        MeterRegistry.create(MetricsConfig.create()));
  }

  static FnConfig config(int maxFunctions, int maxTriggers, int maxPaths) {
    return new FnConfig(
        ApiAddress.OFF,
        Duration.ofSeconds(5),
        Duration.ofMillis(25),
        16,
        maxFunctions,
        maxTriggers,
        maxPaths);
  }

  private static final class NoSource implements TriggerLookups.Source {
    @Override
    public boolean available() {
      return false;
    }

    @Override
    public TriggerLookups.@Nullable Found find(TriggerPath trigger) {
      return null;
    }
  }
}
