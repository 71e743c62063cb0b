package com.fnproject.lb.upstream;

import io.helidon.common.buffers.BufferData;

/**
 * One exchange with a node over one connection: send, then read the body, then close. Belongs to
 * one thread; every method may block.
 */
public interface UpstreamCall extends AutoCloseable {

  /**
   * Whether the connection has carried an exchange before this one, so that the node may have
   * closed it meanwhile.
   *
   * @return false for a fresh connection
   */
  boolean reused();

  /**
   * Sends the request and reads the answer's head; to be called once.
   *
   * @param head the request's head
   * @param body the request's body
   * @return the answer's head, which is fit to be passed on
   * @throws UpstreamException when there is no such answer
   */
  Answer send(RequestHead head, RequestBody body);

  /**
   * Reads a short body whole.
   *
   * @param length the answer's length, 0 or more
   * @return as many bytes
   * @throws UpstreamException when the body ends early or stalls
   */
  byte[] readBody(int length);

  /**
   * Passes the body on, piece by piece as the node sends it.
   *
   * @param sink takes the pieces; what it throws is passed on as it is
   * @throws UpstreamException when the body ends early or stalls
   */
  void relayBody(Sink sink);

  /** Ends the exchange: the connection is kept if both sides are done with it, else closed. */
  @Override
  void close();

  /** Takes the pieces of an answer's body. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes a piece.
     *
     * @param piece at least one byte; valid during the call
     * @param pause whether nothing more is at hand, so that what was taken should not wait
     */
    void accept(BufferData piece, boolean pause);

    /** Nothing of a body has come yet, so that the answer's head should not wait for it. */
    default void awaitBody() {}
  }
}
