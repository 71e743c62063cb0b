package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.model.CallEnd;
import com.fnproject.lb.testbed.model.FunctionSpec;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one node knows of functions, apps and triggers: the database, seen through a cache of {@link
 * FnNodeConfig#lookupCache()}, in which a "not found" is remembered as well. Thread-safe.
 */
final class FunctionCatalog {
  /** A function as a node runs it. */
  record Entry(FunctionSpec spec, Behaviour behaviour) {}

  private record Remembered(Object value, long untilNanos, long revision) {}

  private static final int MAX_REMEMBERED = 100_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final FnDatabase database;
  private final long cacheNanos;
  private final LongSupplier nanos;
  private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();

  FunctionCatalog(FnDatabase database, long cacheNanos, LongSupplier nanos) {
    this.database = database;
    this.cacheNanos = cacheNanos;
    this.nanos = nanos;
  }

  Entry function(String id) {
    return lookUp("fn " + id, Entry.class, () -> read(id));
  }

  /** The id of the function behind a trigger's path. */
  String triggered(String appName, String source) {
    String appId =
        lookUp(
            "app " + appName,
            String.class,
            () -> FnDatabase.text(database.appByName(appName), "id"));
    return lookUp(
        "trigger " + appId + " " + source,
        String.class,
        () -> FnDatabase.text(database.trigger(appId, "http", source), "fn_id"));
  }

  private <T> T lookUp(String key, Class<T> type, Supplier<T> read) {
    long now = nanos.getAsLong();
    long revision = database.revision();
    @Nullable Remembered known = remembered.get(key);
    if (known != null
        && now >= known.untilNanos()
        && known.revision() == revision
        && cacheNanos > 0) {
      known = new Remembered(known.value(), now + cacheNanos, revision);
      remembered.put(key, known);
    }
    if (known == null || !(known.revision() == revision || now < known.untilNanos())) {
      known = new Remembered(valueOf(read), now + cacheNanos, revision);
      if (remembered.size() >= MAX_REMEMBERED) {
        remembered.clear();
      }
      remembered.put(key, known);
    }
    if (known.value() instanceof FnError error) {
      throw error;
    }
    return type.cast(known.value());
  }

  private static Object valueOf(Supplier<?> read) {
    try {
      return read.get();
    } catch (FnError notFound) {
      return notFound;
    }
  }

  private Entry read(String id) {
    JsonObject fn = database.get(FnDatabase.Kind.FN, id);
    JsonObject app = database.get(FnDatabase.Kind.APP, FnDatabase.text(fn, "app_id"));
    Behaviour behaviour = Behaviour.of(object(app, "config"), object(fn, "config"));
    CallEnd startEnd =
        switch (behaviour.failure()) {
          case START -> CallEnd.START_FAILED;
          case IMAGE -> CallEnd.IMAGE_MISSING;
          default -> CallEnd.ANSWERED;
        };
    String version =
        object(app, "config").toString()
            + object(app, "annotations")
            + object(fn, "config")
            + object(fn, "annotations");
    FunctionSpec spec =
        new FunctionSpec(
            id,
            FnDatabase.text(fn, "app_id"),
            FnDatabase.text(fn, "image"),
            (long) fn.getInt("memory", 128) << 20,
            fn.getInt("timeout", 30) * NANOS_PER_SECOND,
            fn.getInt("idle_timeout", 30) * NANOS_PER_SECOND,
            behaviour.pullNanos(),
            behaviour.startNanos(),
            startEnd,
            version);
    return new Entry(spec, behaviour);
  }

  private static JsonObject object(JsonObject row, String key) {
    @Nullable JsonValue value = row.get(key);
    return value instanceof JsonObject object ? object : Json.createObjectBuilder().build();
  }
}
