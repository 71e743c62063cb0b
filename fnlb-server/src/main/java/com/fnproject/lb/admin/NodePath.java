package com.fnproject.lb.admin;

import com.fnproject.lb.node.Quoted;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The name of a node at the end of a path, percent-encoded or not. */
final class NodePath {

  private static final String EXPECTED = " (expected: the name of a node, percent-encoded)";

  private NodePath() {}

  /**
   * Decodes it, once: a name that was encoded twice is none.
   *
   * @param written what follows the slash, slashes of its own included
   * @throws Refusal with status 400 if its escapes are broken
   */
  static String name(String written) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(written.length());
    for (int i = 0; i < written.length(); i++) {
      char c = written.charAt(i);
      if (c != '%') {
        bytes.write(c);
        continue;
      }
      int high = i + 2 < written.length() ? Character.digit(written.charAt(i + 1), 16) : -1;
      int low = i + 2 < written.length() ? Character.digit(written.charAt(i + 2), 16) : -1;
      if (high < 0 || low < 0) {
        throw bad(written, "half a percent-escape");
      }
      bytes.write(high << 4 | low);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw bad(written, "not UTF-8");
    }
  }

  private static Refusal bad(String written, String why) {
    return NodeBody.bad("key 'node': " + Quoted.of(written) + ": " + why + EXPECTED);
  }
}
