package com.fnproject.lb.lab;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The size of the terminal's window. */
record WindowSize(int rows, int columns) {

  private static final WindowSize USUAL = new WindowSize(24, 80);
  private static final Pattern ROWS_COLUMNS = Pattern.compile("([0-9]{1,4}) ([0-9]{1,4})\\s*");

  /** Asks {@code stty}, as Java itself cannot tell; 24 rows of 80 when that does not help. */
  static WindowSize now() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(Redirect.INHERIT)
              .redirectError(Redirect.DISCARD)
              .start();
      if (!stty.waitFor(500, TimeUnit.MILLISECONDS)) {
        stty.destroyForcibly();
        return USUAL;
      }
      return parse(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return USUAL;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return USUAL;
    }
  }

  private static WindowSize parse(String text) {
    Matcher matcher = ROWS_COLUMNS.matcher(text);
    if (!matcher.matches()) {
      return USUAL;
    }
    int rows = Integer.parseInt(matcher.group(1));
    int columns = Integer.parseInt(matcher.group(2));
    return rows > 0 && columns > 0 ? new WindowSize(rows, columns) : USUAL;
  }
}
