package com.fnproject.lb.fn;

/** Ends the reading of a page. Carries no stack trace: it is the node's fault. */
final class ScrapeFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final ScrapeResult result;
  private final String reason;

  /**
   * @param result any but READ
   * @param reason fit for an operator
   */
  ScrapeFailure(ScrapeResult result, String reason) {
    super(reason, null, false, false);
    this.result = result;
    this.reason = reason;
  }

  ScrapeResult result() {
    return result;
  }

  String reason() {
    return reason;
  }
}
