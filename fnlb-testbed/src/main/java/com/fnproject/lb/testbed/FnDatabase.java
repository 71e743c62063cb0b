package com.fnproject.lb.testbed;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.regex.Pattern;
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

    FnError notFound() {
      return new FnError(404, noun + " not found");
    }
  }

  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");
  private static final int MAX_NAME = 255;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Kind, Map<String, JsonObject>> tables =
      Map.of(Kind.APP, new TreeMap<>(), Kind.FN, new TreeMap<>(), Kind.TRIGGER, new TreeMap<>());
  private final FnIds ids = new FnIds(0);
  private final Clock clock;
  private final AtomicLong revision = new AtomicLong();

  public FnDatabase() {
    this(Clock.systemUTC());
  }

  public FnDatabase(Clock clock) {
    this.clock = clock;
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
    return revision.get();
  }

  JsonObject create(Kind kind, JsonObject given) {
    lock.lock();
    try {
      check(kind, given, null);
      String now = now();
      String id = ids.next(clock.millis());
      JsonObjectBuilder row = Json.createObjectBuilder().add("id", id);
      for (Map.Entry<String, JsonValue> entry : given.entrySet()) {
        if (!entry.getKey().equals("id")) {
          row.add(entry.getKey(), entry.getValue());
        }
      }
      if (kind == Kind.FN) {
        fallback(row, given, "memory", 128);
        fallback(row, given, "timeout", 30);
        fallback(row, given, "idle_timeout", 30);
      }
      JsonObject created = row.add("created_at", now).add("updated_at", now).build();
      table(kind).put(id, created);
      revision.incrementAndGet();
      return created;
    } finally {
      lock.unlock();
    }
  }

  JsonObject get(Kind kind, String id) {
    lock.lock();
    try {
      JsonObject row = table(kind).get(id);
      if (row == null) {
        throw kind.notFound();
      }
      return row;
    } finally {
      lock.unlock();
    }
  }

  /** In the order of their ids, which is that of their creation. */
  List<JsonObject> list(Kind kind, Predicate<JsonObject> filter) {
    lock.lock();
    try {
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
    lock.lock();
    try {
      JsonObject old = get(kind, id);
      JsonObjectBuilder row = Json.createObjectBuilder(old);
      for (Map.Entry<String, JsonValue> entry : change.entrySet()) {
        String key = entry.getKey();
        if (key.equals("config") || key.equals("annotations")) {
          row.add(key, merged(old.get(key), entry.getValue()));
        } else if (!key.equals("id") && !key.equals("created_at") && !key.equals("updated_at")) {
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
      revision.incrementAndGet();
      return stamped;
    } finally {
      lock.unlock();
    }
  }

  void delete(Kind kind, String id) {
    lock.lock();
    try {
      if (table(kind).remove(id) == null) {
        throw kind.notFound();
      }
      if (kind == Kind.APP) {
        table(Kind.FN).values().removeIf(row -> is(row, "app_id", id));
        table(Kind.TRIGGER).values().removeIf(row -> is(row, "app_id", id));
      }
      if (kind == Kind.FN) {
        table(Kind.TRIGGER).values().removeIf(row -> is(row, "fn_id", id));
      }
      revision.incrementAndGet();
    } finally {
      lock.unlock();
    }
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
    String name = text(row, "name");
    String noun = kind == Kind.APP ? "app" : kind == Kind.FN ? "Fn" : "Trigger";
    require(!name.isEmpty(), "Missing " + noun + " name");
    require(name.length() <= MAX_NAME, noun + " name must be " + MAX_NAME + " characters or less");
    require(NAME.matcher(name).matches(), "Invalid " + noun + " name");
    if (kind != Kind.APP) {
      String appId = text(row, "app_id");
      require(!appId.isEmpty(), "Missing App ID on " + noun);
      get(Kind.APP, appId);
    }
    if (kind == Kind.FN) {
      require(!text(row, "image").isEmpty(), "Missing image on Fn");
      requireRange(row, "memory", 1, 1 << 20);
      requireRange(row, "timeout", 1, 300);
      requireRange(row, "idle_timeout", 1, 3600);
    }
    if (kind == Kind.TRIGGER) {
      require(!text(row, "fn_id").isEmpty(), "Missing Fn ID on Trigger");
      get(Kind.FN, text(row, "fn_id"));
      require(is(row, "type", "http"), "Trigger Type Not Supported");
      require(!text(row, "source").isEmpty(), "Missing Trigger Source");
      require(text(row, "source").startsWith("/"), "Missing Trigger Source Prefix '/'");
    }
    boolean free =
        list(kind, other -> !is(other, "id", id == null ? "" : id) && sameName(kind, row, other))
            .isEmpty();
    if (!free) {
      throw new FnError(409, kind.noun + " already exists");
    }
    if (kind == Kind.TRIGGER
        && !list(kind, other -> !is(other, "id", id == null ? "" : id) && sameSource(row, other))
            .isEmpty()) {
      throw new FnError(409, "Trigger with the same type and source exists on this app");
    }
  }

  private static boolean sameName(Kind kind, JsonObject a, JsonObject b) {
    return text(a, "name").equals(text(b, "name"))
        && (kind == Kind.APP || text(a, "app_id").equals(text(b, "app_id")))
        && (kind != Kind.TRIGGER || text(a, "fn_id").equals(text(b, "fn_id")));
  }

  private static boolean sameSource(JsonObject a, JsonObject b) {
    return text(a, "app_id").equals(text(b, "app_id"))
        && text(a, "type").equals(text(b, "type"))
        && text(a, "source").equals(text(b, "source"));
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new FnError(400, message);
    }
  }

  private static void requireRange(JsonObject row, String key, int min, int max) {
    int value = row.getInt(key, min);
    require(
        value == 0 || (value >= min && value <= max),
        key + " value is out of range. It should be between " + min + " and " + max);
  }

  private static void fallback(JsonObjectBuilder row, JsonObject given, String key, int value) {
    if (given.getInt(key, 0) == 0) {
      row.add(key, value);
    }
  }

  private static JsonValue merged(@Nullable JsonValue old, JsonValue change) {
    if (!(change instanceof JsonObject changes)) {
      return change;
    }
    JsonObjectBuilder all =
        old instanceof JsonObject base
            ? Json.createObjectBuilder(base)
            : Json.createObjectBuilder();
    changes.forEach(
        (key, value) -> {
          if (value instanceof JsonString string && string.getString().isEmpty()) {
            all.remove(key);
          } else {
            all.add(key, value);
          }
        });
    return all.build();
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
