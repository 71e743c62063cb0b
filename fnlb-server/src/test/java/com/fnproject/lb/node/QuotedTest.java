package com.fnproject.lb.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuotedTest {

  @Test
  void showsPrintableTextAsItIs() {
    assertThat(Quoted.of("a b~")).isEqualTo("'a b~'");
    assertThat(Quoted.of("")).isEqualTo("''");
  }

  @Test
  void escapesWhatCouldForgeALineOrHide() {
    assertThat(Quoted.of("a\nb\u001b\u202e\u00e9")).isEqualTo("'a\\u000ab\\u001b\\u202e\\u00e9'");
  }

  @Test
  void cutsALongTextAndTellsItsLength() {
    assertThat(Quoted.of("x".repeat(100))).isEqualTo("'" + "x".repeat(100) + "'");
    assertThat(Quoted.of("x".repeat(101))).isEqualTo("'" + "x".repeat(100) + "... 101 characters'");
  }
}
