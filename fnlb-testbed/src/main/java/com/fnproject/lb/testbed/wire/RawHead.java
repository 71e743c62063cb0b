package com.fnproject.lb.testbed.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request or an answer, byte for byte: {@link #text()} has one character per byte
 * (ISO 8859-1) and ends with the empty line.
 */
public record RawHead(String text) {

  /** One header line as it came, the value without the white space around it. */
  public record Field(String name, String value) {}

  /** The request line or the status line, without its line end. */
  public String firstLine() {
    int end = text.indexOf("\r\n");
    return end < 0 ? text : text.substring(0, end);
  }

  /** The status of an answer. */
  public int status() {
    String[] parts = firstLine().split(" ", 3);
    return Integer.parseInt(parts[1]);
  }

  /** The method of a request. */
  public String method() {
    return firstLine().split(" ", 3)[0];
  }

  /** The target of a request. */
  public String target() {
    return firstLine().split(" ", 3)[1];
  }

  /** All header lines in their order. */
  public List<Field> fields() {
    List<Field> fields = new ArrayList<>();
    String[] lines = text.split("\r\n");
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon > 0) {
        fields.add(new Field(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip()));
      }
    }
    return fields;
  }

  /** The value of the first line with this name, in any case; null when there is none. */
  public @Nullable String header(String name) {
    List<String> values = headers(name);
    return values.isEmpty() ? null : values.getFirst();
  }

  /** The values of all lines with this name, in any case. */
  public List<String> headers(String name) {
    List<String> values = new ArrayList<>();
    for (Field field : fields()) {
      if (field.name().equalsIgnoreCase(name)) {
        values.add(field.value());
      }
    }
    return values;
  }

  /** The head as bytes. */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  boolean chunked() {
    String encoding = header("Transfer-Encoding");
    return encoding != null && encoding.toLowerCase(java.util.Locale.ROOT).endsWith("chunked");
  }

  /** The declared length of the body, -1 when there is none. */
  long contentLength() {
    String length = header("Content-Length");
    return length == null ? -1 : Long.parseLong(length);
  }
}
