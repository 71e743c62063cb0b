package com.fnproject.lb.admin;

import com.fnproject.lb.node.AdminState;
import com.fnproject.lb.node.Quoted;
import jakarta.json.JsonException;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import java.io.StringReader;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request that changes a node: one object with any of {@code state}, {@code weight},
 * {@code labels} and {@code revision}. Whoever writes something else means something else, so that
 * is refused: unknown keys, keys given twice, values of another type, and whatever follows.
 */
final class PatchBody {

  private static final String EXPECTED = " (expected: {\"state\":\"draining\"} or the like)";

  private @Nullable AdminState state;
  private @Nullable Double weight;
  private @Nullable Map<String, String> labels;
  private @Nullable Long revision;

  private PatchBody() {}

  /**
   * Reads what is to be changed; whether values are within their bounds is not looked at.
   *
   * @throws Refusal with status 400 if it is not such an object
   */
  static NodePatch parse(byte[] body) {
    String text = NodeBody.decode(body, EXPECTED);
    if (text.isBlank()) {
      throw NodeBody.bad("body: empty" + EXPECTED);
    }
    PatchBody patch = new PatchBody();
    try (JsonParser json = NodeBody.PARSERS.createParser(new StringReader(text))) {
      patch.read(json);
    } catch (JsonException | NoSuchElementException e) {
      // Where it is broken is not told: the parser miscounts when the text ends early.
      throw NodeBody.bad("body: not JSON" + EXPECTED);
    }
    return new NodePatch(patch.state, patch.weight, patch.labels, patch.revision);
  }

  /** A state as REST writes it. */
  static String text(AdminState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private void read(JsonParser json) {
    Event first = json.next();
    if (first != Event.START_OBJECT) {
      throw NodeBody.bad("body: " + NodeBody.described(json, first) + EXPECTED);
    }
    Set<String> seen = new HashSet<>();
    while (json.next() == Event.KEY_NAME) {
      String key = json.getString();
      if (!seen.add(key)) {
        throw NodeBody.bad("key " + Quoted.of(key) + ": given twice (expected: once)");
      }
      switch (key) {
        case "state" -> state = state(json, json.next());
        case "weight" -> weight = weight(json, json.next());
        case "labels" -> labels = labels(json, json.next());
        case "revision" -> revision = revision(json, json.next());
        default ->
            throw NodeBody.bad(
                "key "
                    + Quoted.of(key)
                    + ": unknown (expected: state, weight, labels or revision)");
      }
    }
    if (json.hasNext()) {
      throw NodeBody.bad("body: more than one object" + EXPECTED);
    }
  }

  private static AdminState state(JsonParser json, Event value) {
    if (value == Event.VALUE_STRING) {
      for (AdminState known : AdminState.values()) {
        if (text(known).equals(json.getString())) {
          return known;
        }
      }
    }
    throw wrong("state", json, value, "\"enabled\" or \"draining\"");
  }

  private static double weight(JsonParser json, Event value) {
    if (value != Event.VALUE_NUMBER) {
      throw wrong("weight", json, value, "a number");
    }
    return Double.parseDouble(json.getString());
  }

  private static long revision(JsonParser json, Event value) {
    if (value == Event.VALUE_NUMBER) {
      try {
        return Long.parseLong(json.getString());
      } catch (NumberFormatException e) {
        throw wrong("revision", json, value, "the revision that the node shows");
      }
    }
    throw wrong("revision", json, value, "a whole number");
  }

  private static Map<String, String> labels(JsonParser json, Event value) {
    if (value != Event.START_OBJECT) {
      throw wrong("labels", json, value, "an object of strings");
    }
    Map<String, String> labels = new LinkedHashMap<>();
    while (json.next() == Event.KEY_NAME) {
      String key = json.getString();
      Event label = json.next();
      if (label != Event.VALUE_STRING) {
        throw wrong("labels." + key, json, label, "a string");
      }
      if (labels.put(key, json.getString()) != null) {
        throw NodeBody.bad("key " + Quoted.of("labels." + key) + ": given twice (expected: once)");
      }
    }
    return labels;
  }

  private static Refusal wrong(String key, JsonParser json, Event value, String expected) {
    return NodeBody.bad(
        "key "
            + Quoted.of(key)
            + ": "
            + NodeBody.described(json, value)
            + " (expected: "
            + expected
            + ")");
  }
}
