package com.fnproject.lb.testbed;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Apps, functions and triggers in memory, with the rules and messages of Fn's {@code /v2} API (fn
 * 0.3.753, {@code api/models}). Any number of nodes may share one. Thread-safe.
 */
public final class FnDatabase {
  /** What the database keeps. */
  enum Kind {
    APP("App"),
    FN("Fn"),
    TRIGGER("Trigger");

    private final String noun;

    Kind(String noun) {
      this.noun = noun;
    }

    String noun() {
      return noun;
    }

    FnError notFound() {
      return new FnError(404, noun + " not found");
    }
  }

  /**
   * Ids count up from here, so that the same steps make the same ids in every process: 2020-01-01.
   */
  private static final long FIRST_ID_MILLIS = 1_577_836_800_000L;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Kind, Map<String, JsonObject>> tables =
      Map.of(Kind.APP, new TreeMap<>(), Kind.FN, new TreeMap<>(), Kind.TRIGGER, new TreeMap<>());
  private final Clock clock;
  private final @Nullable DatabaseFile file;
  private long created;
  private final AtomicLong revision = new AtomicLong();

  public FnDatabase() {
    this(Clock.systemUTC());
  }

  /** An empty database in memory. */
  public FnDatabase(Clock clock) {
    this(clock, null);
  }

  private FnDatabase(Clock clock, @Nullable DatabaseFile file) {
    this.clock = clock;
    this.file = file;
  }

  /** A database in a file that several processes may share; the file need not exist. */
  public static FnDatabase file(Path path) {
    return new FnDatabase(Clock.systemUTC(), new DatabaseFile(path));
  }

  /**
   * Adds the app "demo" with {@link SampleFunction#all()}, unless it is there.
   *
   * @return the functions with their ids
   */
  public Map<SampleFunction, String> addSamples() {
    return change(() -> SampleFunction.addTo(this));
  }

  /** Creates an app and answers its id. */
  public String createApp(String name) {
    return createApp(name, Map.of());
  }

  public String createApp(String name, Map<String, String> config) {
    return create(
            Kind.APP,
            Json.createObjectBuilder().add("name", name).add("config", json(config)).build())
        .getString("id");
  }

  /**
   * Creates a function of 128 MB with 30 s for a call and 30 s idle, and answers its id; see {@link
   * Behaviour}.
   */
  public String createFunction(String appId, String name, Map<String, String> config) {
    return createFunction(appId, name, 128, 30, 30, config);
  }

  public String createFunction(
      String appId,
      String name,
      int memoryMegabytes,
      int timeoutSeconds,
      int idleSeconds,
      Map<String, String> config) {
    return create(
            Kind.FN,
            Json.createObjectBuilder()
                .add("app_id", appId)
                .add("name", name)
                .add("image", "fnproject/" + name + ":0.0.1")
                .add("memory", memoryMegabytes)
                .add("timeout", timeoutSeconds)
                .add("idle_timeout", idleSeconds)
                .add("config", json(config))
                .build())
        .getString("id");
  }

  /** Creates an HTTP trigger and answers its id; the source begins with a slash. */
  public String createTrigger(String appId, String functionId, String name, String source) {
    return create(
            Kind.TRIGGER,
            Json.createObjectBuilder()
                .add("app_id", appId)
                .add("fn_id", functionId)
                .add("name", name)
                .add("type", "http")
                .add("source", source)
                .build())
        .getString("id");
  }

  /**
   * Changes one key of a function's configuration, which makes its containers useless, as with Fn.
   */
  public void configure(String functionId, String key, String value) {
    JsonObject change = Json.createObjectBuilder().add("config", json(Map.of(key, value))).build();
    update(Kind.FN, functionId, change);
  }

  /** Deletes an app with all that is in it. */
  public void deleteApp(String appId) {
    delete(Kind.APP, appId);
  }

  /** Deletes a function with its triggers. */
  public void deleteFunction(String functionId) {
    delete(Kind.FN, functionId);
  }

  /** Grows with every change. */
  long revision() {
    if (file != null) {
      lock.lock();
      try {
        refresh();
      } finally {
        lock.unlock();
      }
    }
    return revision.get();
  }

  JsonObject create(Kind kind, JsonObject given) {
    return change(
        () -> {
          check(kind, given, null);
          String id = FnIds.text(FIRST_ID_MILLIS, 0, (int) ++created);
          JsonObjectBuilder row = Json.createObjectBuilder(given).add("id", id);
          if (kind == Kind.FN) {
            fallback(row, given, "memory", 128);
            fallback(row, given, "timeout", 30);
            fallback(row, given, "idle_timeout", 30);
          }
          String now = now();
          JsonObject made = row.add("created_at", now).add("updated_at", now).build();
          table(kind).put(id, made);
          return made;
        });
  }

  JsonObject get(Kind kind, String id) {
    lock.lock();
    try {
      refresh();
      return requireRow(kind, id);
    } finally {
      lock.unlock();
    }
  }

  /** In the order of their ids, which is that of their creation. */
  List<JsonObject> list(Kind kind, Predicate<JsonObject> filter) {
    lock.lock();
    try {
      refresh();
      List<JsonObject> rows = new ArrayList<>();
      for (JsonObject row : table(kind).values()) {
        if (filter.test(row)) {
          rows.add(row);
        }
      }
      return rows;
    } finally {
      lock.unlock();
    }
  }

  /** What is named is changed; within config and annotations an empty value removes its key. */
  JsonObject update(Kind kind, String id, JsonObject change) {
    return change(
        () -> {
          JsonObject old = requireRow(kind, id);
          JsonObjectBuilder row = Json.createObjectBuilder(old);
          for (Map.Entry<String, JsonValue> entry : change.entrySet()) {
            String key = entry.getKey();
            if (key.equals("config") || key.equals("annotations")) {
              row.add(key, DatabaseRules.merged(old.get(key), entry.getValue()));
            } else if (!key.equals("id")
                && !key.equals("created_at")
                && !key.equals("updated_at")) {
              row.add(key, entry.getValue());
            }
          }
          JsonObject updated = row.build();
          if (updated.equals(old)) {
            return old;
          }
          check(kind, updated, id);
          JsonObject stamped = Json.createObjectBuilder(updated).add("updated_at", now()).build();
          table(kind).put(id, stamped);
          return stamped;
        });
  }

  void delete(Kind kind, String id) {
    JsonObject unused =
        change(
            () -> {
              JsonObject row = requireRow(kind, id);
              table(kind).remove(id);
              if (kind == Kind.APP) {
                table(Kind.FN).values().removeIf(fn -> is(fn, "app_id", id));
                table(Kind.TRIGGER).values().removeIf(trigger -> is(trigger, "app_id", id));
              }
              if (kind == Kind.FN) {
                table(Kind.TRIGGER).values().removeIf(trigger -> is(trigger, "fn_id", id));
              }
              return row;
            });
  }

  /** The trigger of this source; 404 when there is none. */
  JsonObject trigger(String appId, String type, String source) {
    return first(
        Kind.TRIGGER,
        row -> is(row, "app_id", appId) && is(row, "type", type) && is(row, "source", source));
  }

  JsonObject appByName(String name) {
    return first(Kind.APP, row -> is(row, "name", name));
  }

  static boolean is(JsonObject row, String key, String value) {
    return text(row, key).equals(value);
  }

  /** The string under this key, empty when there is none. */
  static String text(JsonObject row, String key) {
    return row.get(key) instanceof JsonString string ? string.getString() : "";
  }

  /**
   * Does something that changes tables: one thread at a time and, with a file, one process at a
   * time.
   */
  private <T> T change(Supplier<T> what) {
    lock.lock();
    try {
      if (file == null || lock.getHoldCount() > 1) {
        T result = what.get();
        revision.incrementAndGet();
        return result;
      }
      try (DatabaseFile.AutoLock unused = file.lock()) {
        refresh();
        T result = what.get();
        file.write(document());
        revision.incrementAndGet();
        return result;
      }
    } finally {
      lock.unlock();
    }
  }

  private void refresh() {
    if (file != null && lock.getHoldCount() == 1) {
      file.refresh(this::load);
    }
  }

  private JsonObject document() {
    JsonObjectBuilder document = Json.createObjectBuilder().add("created", created);
    for (Kind kind : Kind.values()) {
      JsonArrayBuilder rows = Json.createArrayBuilder();
      table(kind).values().forEach(rows::add);
      document.add(kind.noun(), rows);
    }
    return document.build();
  }

  private void load(JsonObject document) {
    created = document.getJsonNumber("created").longValue();
    for (Kind kind : Kind.values()) {
      table(kind).clear();
      for (JsonObject row : document.getJsonArray(kind.noun()).getValuesAs(JsonObject.class)) {
        table(kind).put(text(row, "id"), row);
      }
    }
    revision.incrementAndGet();
  }

  private JsonObject first(Kind kind, Predicate<JsonObject> filter) {
    List<JsonObject> found = list(kind, filter);
    if (found.isEmpty()) {
      throw kind.notFound();
    }
    return found.getFirst();
  }

  private Map<String, JsonObject> table(Kind kind) {
    Map<String, JsonObject> table = tables.get(kind);
    if (table == null) {
      throw new IllegalStateException("no table of " + kind);
    }
    return table;
  }

  private void check(Kind kind, JsonObject row, @Nullable String id) {
    DatabaseRules.check(kind, row);
    if (kind != Kind.APP) {
      requireRow(Kind.APP, text(row, "app_id"));
    }
    if (kind == Kind.TRIGGER) {
      requireRow(Kind.FN, text(row, "fn_id"));
    }
    for (JsonObject other : table(kind).values()) {
      if (id != null && is(other, "id", id)) {
        continue;
      }
      if (DatabaseRules.sameName(kind, row, other)) {
        throw new FnError(409, kind.noun + " already exists");
      }
      if (kind == Kind.TRIGGER && DatabaseRules.sameSource(row, other)) {
        throw new FnError(409, "Trigger with the same type and source exists on this app");
      }
    }
  }

  private JsonObject requireRow(Kind kind, String id) {
    JsonObject row = table(kind).get(id);
    if (row == null) {
      throw kind.notFound();
    }
    return row;
  }

  private static void fallback(JsonObjectBuilder row, JsonObject given, String key, int value) {
    if (given.getInt(key, 0) == 0) {
      row.add(key, value);
    }
  }

  private static JsonObject json(Map<String, String> map) {
    JsonObjectBuilder json = Json.createObjectBuilder();
    map.forEach(json::add);
    return json.build();
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
