package com.fnproject.lb.lab.select;

import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.RoutingPolicy;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.ref.Reference;

/** What a policy's state of hot functions takes of the heap. */
final class StateMemory {

  private static final int COLLECTIONS = 5;
  private static final int ROUNDS = 3;

  private StateMemory() {}

  /**
   * The growth of the heap by calling functions of which nothing is known, each three times with
   * two calls at once, so that two containers of it are idle in the end.
   *
   * @return bytes for all functions, with what the policy keeps of the nodes since then
   */
  static long bytes(String policyName, int nodes, int functions) {
    Cluster cluster = new Cluster(nodes, functions);
    try (RoutingPolicy policy = Policies.create(policyName)) {
      NodeSelector selector = policy.newSelector(cluster);
      try {
        long before = usedAfterCollection();
        heat(policy, selector, cluster.functions);
        return Math.max(0, usedAfterCollection() - before);
      } finally {
        Reference.reachabilityFence(selector);
        Reference.reachabilityFence(cluster);
      }
    }
  }

  private static void heat(
      RoutingPolicy policy, NodeSelector selector, StandInFunction[] functions) {
    Call first = new Call(functions[0]);
    Call second = new Call(functions[0]);
    long now = 0;
    for (int round = 0; round < ROUNDS; round++) {
      for (StandInFunction function : functions) {
        now += 100_000;
        first.begin(selector, function, now);
        second.begin(selector, function, now);
        first.end(policy, now + Call.NANOS);
        second.end(policy, now + Call.NANOS);
      }
    }
  }

  private static long usedAfterCollection() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < COLLECTIONS; i++) {
      memory.gc();
      least = Math.min(least, memory.getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
