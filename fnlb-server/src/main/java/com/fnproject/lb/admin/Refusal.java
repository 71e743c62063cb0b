package com.fnproject.lb.admin;

import io.helidon.http.Status;

/** A request that is not granted; the message is for the one who sent it. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Status status;
  private final String message;

  Refusal(Status status, String message) {
    super(message, null, false, false);
    this.status = status;
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }

  Status status() {
    return status;
  }
}
