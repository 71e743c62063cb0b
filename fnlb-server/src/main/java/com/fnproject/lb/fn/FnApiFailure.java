package com.fnproject.lb.fn;

/** Fn's API could not be asked, or gave no answer that can be used. The message is the reason. */
final class FnApiFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean absent;

  /**
   * Creates a failure.
   *
   * @param reason fit for an operator
   * @param absent whether what was asked said that there is no API
   */
  FnApiFailure(String reason, boolean absent) {
    super(reason, null, false, false);
    this.absent = absent;
  }

  /** Whether what was asked said that there is no API. */
  boolean absent() {
    return absent;
  }
}
