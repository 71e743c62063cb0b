package com.fnproject.lb.testbed;

import com.fnproject.lb.testbed.FnDatabase.Kind;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What Fn demands of apps, functions and triggers by themselves, with its messages (fn {@code
 * api/models}).
 */
final class DatabaseRules {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");
  private static final int MAX_NAME = 255;
  private static final int MAX_MEGABYTES = 1 << 20;
  private static final int MAX_TIMEOUT_SECONDS = 300;
  private static final int MAX_IDLE_SECONDS = 3_600;

  private DatabaseRules() {}

  static void check(Kind kind, JsonObject row) {
    String noun = kind == Kind.APP ? "app" : kind.noun();
    String name = FnDatabase.text(row, "name");
    require(!name.isEmpty(), "Missing " + noun + " name");
    require(name.length() <= MAX_NAME, noun + " name must be " + MAX_NAME + " characters or less");
    require(NAME.matcher(name).matches(), "Invalid " + noun + " name");
    require(
        kind == Kind.APP || !FnDatabase.text(row, "app_id").isEmpty(), "Missing App ID on " + noun);
    if (kind == Kind.FN) {
      require(!FnDatabase.text(row, "image").isEmpty(), "Missing image on Fn");
      requireRange(row, "memory", MAX_MEGABYTES);
      requireRange(row, "timeout", MAX_TIMEOUT_SECONDS);
      requireRange(row, "idle_timeout", MAX_IDLE_SECONDS);
    }
    if (kind == Kind.TRIGGER) {
      String source = FnDatabase.text(row, "source");
      require(!FnDatabase.text(row, "fn_id").isEmpty(), "Missing Fn ID on Trigger");
      require(FnDatabase.is(row, "type", "http"), "Trigger Type Not Supported");
      require(!source.isEmpty(), "Missing Trigger Source");
      require(source.startsWith("/"), "Missing Trigger Source Prefix '/'");
    }
  }

  private static void requireRange(JsonObject row, String key, int max) {
    int value = row.getInt(key, 0);
    require(
        value >= 0 && value <= max,
        key + " value is out of range. It should be between 0 and " + max);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new FnError(400, message);
    }
  }

  static boolean sameName(Kind kind, JsonObject a, JsonObject b) {
    return FnDatabase.text(a, "name").equals(FnDatabase.text(b, "name"))
        && (kind == Kind.APP || FnDatabase.text(a, "app_id").equals(FnDatabase.text(b, "app_id")))
        && (kind != Kind.TRIGGER
            || FnDatabase.text(a, "fn_id").equals(FnDatabase.text(b, "fn_id")));
  }

  static boolean sameSource(JsonObject a, JsonObject b) {
    return FnDatabase.text(a, "app_id").equals(FnDatabase.text(b, "app_id"))
        && FnDatabase.text(a, "type").equals(FnDatabase.text(b, "type"))
        && FnDatabase.text(a, "source").equals(FnDatabase.text(b, "source"));
  }

  /**
   * Within config and annotations a change adds and replaces keys; an empty value removes its key.
   */
  static JsonValue merged(@Nullable JsonValue old, JsonValue change) {
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
}
