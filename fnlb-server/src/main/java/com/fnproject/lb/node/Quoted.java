package com.fnproject.lb.node;

/** Text from outside, made fit for a message: on one line, of bounded length, unmistakable. */
public final class Quoted {

  /** Most characters that are shown of a text. */
  private static final int LONGEST = 100;

  private Quoted() {}

  /**
   * The text between single quotes. Whatever is not a printable ASCII character becomes a Java
   * escape, so that no text can forge a line of the log; what is over 100 characters is cut and its
   * length told.
   */
  public static String of(String text) {
    int shown = Math.min(text.length(), LONGEST);
    StringBuilder quoted = new StringBuilder(shown + 2).append('\'');
    for (int i = 0; i < shown; i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c < 0x7f) {
        quoted.append(c);
      } else {
        quoted.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
      }
    }
    if (shown < text.length()) {
      quoted.append("... ").append(text.length()).append(" characters");
    }
    return quoted.append('\'').toString();
  }
}
