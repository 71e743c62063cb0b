package com.fnproject.lb.fn;

import com.fnproject.lb.node.BoundedGet;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what Fn's API answers, as a stream: of each row only what matters is kept. */
final class ApiRows {

  /**
   * An app, a function or a trigger; what it does not have, or has of another type, is empty.
   *
   * @param updatedAt when it was last changed, as Fn writes it
   */
  record Row(String id, String name, String fnId, String type, String source, String updatedAt) {

    static final Row NONE = new Row("", "", "", "", "", "");

    private static Row of(Map<String, String> texts) {
      return new Row(
          texts.getOrDefault("id", ""),
          texts.getOrDefault("name", ""),
          texts.getOrDefault("fn_id", ""),
          texts.getOrDefault("type", ""),
          texts.getOrDefault("source", ""),
          texts.getOrDefault("updated_at", ""));
    }

    private static boolean has(String key) {
      return switch (key) {
        case "id", "name", "fn_id", "type", "source", "updated_at" -> true;
        default -> false;
      };
    }
  }

  /**
   * A page of a list.
   *
   * @param cursor what the next page is asked with; empty = there is none
   */
  record Page(List<Row> rows, String cursor) {
    static final Page NONE = new Page(List.of(), "");
  }

  /** Most rows of a page; it was asked for a tenth of them. */
  private static final int MAX_ROWS = 1000;

  /** Fn has no text that matters and is longer: names and ids have 255 characters at most. */
  private static final int MAX_TEXT = 4096;

  /** Deeper than any answer of Fn's; the library's own limit ends in an exception of no kind. */
  private static final int MAX_DEPTH = 100;

  private static final int PAGE_ROWS = 3;

  /** Made once: to find the library takes longer than to read an answer. */
  private static final JsonParserFactory PARSERS =
      JsonProvider.provider().createParserFactory(Map.of());

  private ApiRows() {}

  /**
   * Reads a page of a list: {@code {"items":[…],"next_cursor":"…"}}.
   *
   * @throws FnApiFailure if it is none
   */
  static Page page(InputStream body) {
    return read(body, PAGE_ROWS);
  }

  /**
   * Reads one row.
   *
   * @throws FnApiFailure if it is none
   */
  static Row one(InputStream body) {
    return read(body, 1).rows().getFirst();
  }

  private static Page read(InputStream body, int rowDepth) {
    try (JsonParser json = PARSERS.createParser(body)) {
      return read(json, rowDepth);
    } catch (FnApiFailure | BoundedGet.Failure e) {
      throw e;
    } catch (RuntimeException e) {
      // Whatever is thrown: the library has exceptions of many kinds for what is no JSON.
      BoundedGet.Failure cause = cause(e);
      throw cause != null ? cause : new FnApiFailure("an answer that is no JSON", false);
    }
  }

  private static BoundedGet.@Nullable Failure cause(RuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof BoundedGet.Failure failure) {
        return failure;
      }
    }
    return null;
  }

  private static Page read(JsonParser json, int rowDepth) {
    List<Row> rows = new ArrayList<>();
    Map<String, String> texts = new HashMap<>();
    String cursor = "";
    boolean items = rowDepth == 1;
    boolean listed = rowDepth == 1;
    String key = "";
    int depth = 0;
    // Not skipArray and skipObject: these never return when the text ends within the value.
    do {
      switch (json.next()) {
        case START_OBJECT, START_ARRAY -> {
          if (++depth > MAX_DEPTH) {
            throw new FnApiFailure("JSON that is nested too deeply", false);
          }
          if (depth == rowDepth) {
            texts.clear();
          }
        }
        case END_OBJECT -> {
          if (depth-- == rowDepth && items) {
            if (rows.size() >= MAX_ROWS) {
              throw new FnApiFailure("a page of more than " + MAX_ROWS + " rows", false);
            }
            rows.add(Row.of(texts));
          }
        }
        case END_ARRAY -> depth--;
        case KEY_NAME -> {
          key = json.getString();
          if (depth == 1 && rowDepth != 1) {
            items = key.equals("items");
            listed |= items;
          }
        }
        case VALUE_STRING -> {
          if (depth == rowDepth && items && Row.has(key)) {
            texts.put(key, bounded(json.getString()));
          } else if (depth == 1 && key.equals("next_cursor")) {
            cursor = bounded(json.getString());
          }
        }
        default -> {}
      }
    } while (depth > 0);
    if (!listed || (rowDepth == 1 && rows.isEmpty())) {
      throw new FnApiFailure("an answer without what was asked for", false);
    }
    return new Page(rows, cursor);
  }

  private static String bounded(String text) {
    if (text.length() > MAX_TEXT) {
      throw new FnApiFailure("a text of more than " + MAX_TEXT + " characters", false);
    }
    return text;
  }
}
