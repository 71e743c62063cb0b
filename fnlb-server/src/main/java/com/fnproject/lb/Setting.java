package com.fnproject.lb;

import java.util.Locale;

/**
 * One thing an operator may set, in every place where it can be said.
 *
 * @param key its name in the configuration file; with hyphens before it the flag
 * @param group where it stands in the help
 * @param kind what its value may be
 * @param defaultText the value when nobody says anything
 * @param description one sentence for the help, without a full stop
 */
record Setting<T>(String key, Group group, Kind<T> kind, String defaultText, String description) {

  /** The headings of the help, in its order. */
  enum Group {
    NODES("Nodes and routing"),
    FUNCTIONS("Functions"),
    LISTENING("Listening"),
    HEALTH("Health checks"),
    READINGS("Readings of nodes"),
    CALLS("Calls"),
    CONNECTIONS("Connections to nodes"),
    PROCESS("Process"),
    LATER("Not supported yet, taken only with the original's defaults");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    String title() {
      return title;
    }
  }

  /** {@code --key}. */
  String flag() {
    return "--" + key;
  }

  /** The name of the environment variable. */
  String variable() {
    return "FNLB_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /** Whether the flag alone is enough. */
  boolean isSwitch() {
    return kind.equals(Kind.SWITCH);
  }

  /** Whether the flag may be given several times and all of them count. */
  boolean isRepeatable() {
    return kind.equals(Kind.OPTION);
  }
}
