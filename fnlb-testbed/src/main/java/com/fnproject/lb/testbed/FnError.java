package com.fnproject.lb.testbed;

/** An answer of Fn's own that is an error: status and message (fn {@code api/models/error.go}). */
final class FnError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;

  FnError(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }

  String text() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
