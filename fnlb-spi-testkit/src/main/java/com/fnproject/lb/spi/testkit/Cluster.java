package com.fnproject.lb.spi.testkit;

/** What becomes of calls on the nodes. May serve several drivers, one for each balancer. */
@FunctionalInterface
public interface Cluster {

  /**
   * Takes a call that was sent to a node. The cluster answers it once, now or later, through {@link
   * DrivenCall#answered(com.fnproject.lb.spi.Outcome, int, long)} or {@link
   * DrivenCall#headArrived}.
   *
   * @param call the call, {@link DrivenCall#attempt()} of which this is
   * @param node the node, one of the driver's own: drivers share ids, not objects
   */
  void send(DrivenCall call, DrivenNode node);

  /**
   * Learns that nobody waits for a call any more. What is answered later is ignored.
   *
   * @param call the call
   * @param node where it was sent last
   */
  default void abandoned(DrivenCall call, DrivenNode node) {}
}
