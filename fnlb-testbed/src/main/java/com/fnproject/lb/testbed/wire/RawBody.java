package com.fnproject.lb.testbed.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The body of a request or an answer, one character per byte (ISO 8859-1).
 *
 * @param text what was meant, without chunk framing
 * @param rawText what was on the wire, framing and trailers included
 * @param complete false when the connection ended before the body did
 */
public record RawBody(String text, String rawText, boolean complete) {
  static final RawBody NONE = new RawBody("", "", true);

  static RawBody of(ByteArrayOutputStream content, ByteArrayOutputStream raw, boolean complete) {
    return new RawBody(
        content.toString(StandardCharsets.ISO_8859_1),
        raw.toString(StandardCharsets.ISO_8859_1),
        complete);
  }

  /** What was meant, as bytes. */
  public byte[] bytes() {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
