package com.fnproject.lb;

import io.helidon.logging.common.LogConfig;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Sets up what is logged: the only place that knows which logging library does it. */
public final class Logging {

  static {
    // The library reads this when it is first touched, which is below.
    if (System.getProperty("java.util.logging.manager") == null) {
      System.setProperty("java.util.logging.manager", LastingLogs.class.getName());
    }
  }

  // Held because the library forgets the level of a logger that nobody holds.
  private static final Logger ROOT = Logger.getLogger("");

  private static final Logger OURS = Logger.getLogger("com.fnproject");
  private static final Logger HELIDON = Logger.getLogger("io.helidon");

  private Logging() {}

  /**
   * Sets logging up for the whole process, once; must come before anything logs.
   *
   * @param level one of the original's names, in any case; anything else means {@code info}
   */
  public static void configure(String level) {
    LogConfig.configureRuntime();
    LastingLogs.keep();
    setLevels(level);
  }

  /**
   * The libraries speak at the level asked for from {@code trace} on. Before that Helidon, which
   * tells of its own start in several lines, is kept to warnings, at {@code debug} to what it finds
   * worth telling.
   */
  static void setLevels(String level) {
    Level ours = level(level);
    boolean trace = ours.equals(Level.FINER);
    boolean debug = ours.equals(Level.FINE);
    ROOT.setLevel(debug ? Level.INFO : ours);
    OURS.setLevel(ours);
    Level helidon = debug ? Level.INFO : Level.WARNING;
    HELIDON.setLevel(trace || ours.intValue() > helidon.intValue() ? ours : helidon);
  }

  private static Level level(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "panic", "fatal", "error" -> Level.SEVERE;
      case "warn", "warning" -> Level.WARNING;
      case "debug" -> Level.FINE;
      case "trace" -> Level.FINER;
      default -> Level.INFO;
    };
  }
}
