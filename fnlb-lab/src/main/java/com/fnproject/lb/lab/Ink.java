package com.fnproject.lb.lab;

/** Colours, or none. Painting does not change what is said, only how it looks. */
enum Ink {
  NONE,
  ANSI;

  String bold(String text) {
    return paint("1", text);
  }

  String dim(String text) {
    return paint("2", text);
  }

  String good(String text) {
    return paint("32", text);
  }

  String bad(String text) {
    return paint("31", text);
  }

  private String paint(String code, String text) {
    return this == NONE ? text : "\033[" + code + "m" + text + "\033[0m";
  }
}
