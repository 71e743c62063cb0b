package com.fnproject.lb.upstream;

/** An engine that exchanges requests for answers with nodes. Thread-safe. */
public interface Upstream {

  /**
   * Takes a connection to a node for one exchange. Blocks while one is awaited or made.
   *
   * @param pool the node's connections
   * @param fresh whether the connection must be a new one
   * @return the exchange, to be closed by the caller
   * @throws UpstreamException of kind NO_CONNECTION_FREE or CONNECT; nothing was sent
   */
  UpstreamCall open(UpstreamPool pool, boolean fresh);
}
