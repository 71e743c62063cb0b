package com.fnproject.lb.upstream;

/** The body of a request on its way to a node. */
public sealed interface RequestBody {

  /** There is none. */
  record None() implements RequestBody {}

  /**
   * All of it, at hand, so that it can be sent again.
   *
   * @param bytes at least one
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Replayable(byte[] bytes) implements RequestBody {}

  /**
   * Still with the client; can be read once.
   *
   * @param length in bytes, or -1 when only the end will tell
   * @param source where it comes from
   */
  record Streaming(long length, Source source) implements RequestBody {}

  /** Where a streaming body comes from. Used by one thread. */
  @FunctionalInterface
  interface Source {
    /**
     * Reads what there is, blocking until there is something.
     *
     * @param buffer where the bytes go, from index 0
     * @return how many, or -1 at the end
     * @throws RuntimeException if the client's body cannot be read; an UpstreamException of kind
     *     REQUEST_BODY will carry it
     */
    int read(byte[] buffer);
  }
}
