package com.fnproject.lb.fn;

/** How the reading of a page ended. */
enum ScrapeResult {
  /** It was read. */
  READ,
  /** The node could not be connected to. */
  UNREACHABLE,
  /** It was not all there in time. */
  TIMED_OUT,
  /** The node answered with another status than 200; redirects are not followed. */
  STATUS,
  /** The connection or the encoding broke off, or what came was no HTTP. */
  BROKEN,
  /** More than may be read. */
  TOO_LARGE,
  /** Whatever it was, it was no page of metrics. */
  NO_METRICS
}
