package com.fnproject.lb.testbed.wire;

/** An answer as it was on the wire. */
public record RawAnswer(RawHead head, RawBody body) {
  public int status() {
    return head.status();
  }

  /** The content of the body, one character per byte. */
  public String text() {
    return body.text();
  }
}
