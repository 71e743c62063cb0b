package com.fnproject.lb.upstream;

import org.jspecify.annotations.Nullable;

/**
 * An attempt that brought no answer. Says what was sent and what was learned, because that alone
 * decides whether the call may be tried again; carries no stack trace, since a node that is down is
 * no fault of the program.
 */
public final class UpstreamException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What went wrong, in the order in which an attempt passes through. */
  public enum Kind {
    /** All connections to the node are in use and none came free in time; nothing was sent. */
    NO_CONNECTION_FREE,
    /** The node could not be connected to; nothing was sent. */
    CONNECT,
    /** The client's body could not be read to its end; the request is incomplete. */
    REQUEST_BODY,
    /** The node ended the connection before any byte of an answer. */
    CLOSED,
    /** The answer's head, or its next part, did not come in time, or the request was not taken. */
    TIMEOUT,
    /** What came was no answer that can be passed on. */
    INVALID_ANSWER,
    /** The answer had begun, and ended before its time. */
    TRUNCATED
  }

  private final Kind kind;
  private final boolean sent;

  /**
   * Creates a failure.
   *
   * @param kind what went wrong
   * @param sent whether any byte of the request may have reached the node
   * @param message the reason, fit for an operator
   * @param cause what was thrown, if anything was
   */
  public UpstreamException(Kind kind, boolean sent, String message, @Nullable Throwable cause) {
    super(message, cause, false, false);
    this.kind = kind;
    this.sent = sent;
  }

  /**
   * What went wrong.
   *
   * @return never null
   */
  public Kind kind() {
    return kind;
  }

  /**
   * Whether any byte of the request may have reached the node.
   *
   * @return false only if it is certain that none did
   */
  public boolean sent() {
    return sent;
  }

  /**
   * The reason, always there.
   *
   * @return a text fit for an operator
   */
  public String reason() {
    String message = getMessage();
    return message == null ? kind.name() : message;
  }
}
