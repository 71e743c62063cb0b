package com.fnproject.lb.admin;

import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import io.helidon.http.Status;
import jakarta.json.JsonException;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import jakarta.json.stream.JsonParserFactory;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request that names a node: {@code {"node":"host:port"}}. As with the original the
 * key may be written in any case, other keys are ignored, and so is what follows the object. Unlike
 * the original it must name a node.
 */
final class NodeBody {

  private static final String EXPECTED = " (expected: {\"node\":\"host:port\"})";

  /** Depth of what is ignored; the parser itself gives up at 1,000, with an error of no kind. */
  private static final int MAX_DEPTH = 100;

  static final JsonParserFactory PARSERS = JsonProvider.provider().createParserFactory(Map.of());

  private NodeBody() {}

  /**
   * Reads the node's address.
   *
   * @throws Refusal with status 400 if there is none
   */
  static NodeAddress parse(byte[] body) {
    String name = name(decode(body, EXPECTED));
    try {
      return NodeAddress.parse(name);
    } catch (IllegalArgumentException e) {
      throw bad("key 'node': " + e.getMessage());
    }
  }

  /** A body's text. */
  static String decode(byte[] body, String expected) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw bad("body: not UTF-8" + expected);
    }
  }

  private static String name(String text) {
    if (text.isBlank()) {
      throw bad("body: empty" + EXPECTED);
    }
    try (JsonParser json = PARSERS.createParser(new StringReader(text))) {
      Event first = json.next();
      if (first != Event.START_OBJECT) {
        throw bad("body: " + described(json, first) + EXPECTED);
      }
      return nameInObject(json);
    } catch (JsonException | NoSuchElementException e) {
      // Where it is broken is not told: the parser miscounts when the text ends early.
      throw bad("body: not JSON" + EXPECTED);
    }
  }

  private static String nameInObject(JsonParser json) {
    @Nullable String name = null;
    while (json.next() == Event.KEY_NAME) {
      boolean wanted = json.getString().equalsIgnoreCase("node");
      Event value = json.next();
      if (!wanted) {
        skip(json, value);
      } else if (name != null) {
        throw bad("key 'node': given twice (expected: once)");
      } else if (value != Event.VALUE_STRING) {
        throw bad(
            "key 'node': "
                + described(json, value)
                + " (expected: a string, such as \"host:port\")");
      } else {
        name = json.getString();
      }
    }
    if (name == null) {
      throw bad("key 'node': missing" + EXPECTED);
    }
    return name;
  }

  /**
   * Passes over a value. The parser's own skipArray and skipObject never return when the text ends
   * within the value.
   */
  private static void skip(JsonParser json, Event value) {
    int depth = 0;
    for (Event event = value; ; event = json.next()) {
      if (event == Event.START_OBJECT || event == Event.START_ARRAY) {
        depth++;
      } else if (event == Event.END_OBJECT || event == Event.END_ARRAY) {
        depth--;
      }
      if (depth == 0) {
        return;
      }
      if (depth > MAX_DEPTH) {
        throw bad("body: nested over " + MAX_DEPTH + " deep" + EXPECTED);
      }
    }
  }

  /** What stands where something else should, for messages. */
  static String described(JsonParser json, Event value) {
    return switch (value) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_NULL -> "null";
      case VALUE_TRUE -> "true";
      case VALUE_FALSE -> "false";
      case VALUE_STRING, VALUE_NUMBER -> Quoted.of(json.getString());
      default -> "no value";
    };
  }

  static Refusal bad(String message) {
    return new Refusal(Status.BAD_REQUEST_400, message);
  }
}
