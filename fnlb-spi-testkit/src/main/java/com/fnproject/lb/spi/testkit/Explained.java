package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.Explanation;
import com.fnproject.lb.spi.RoutingNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a selector wrote when it explained itself; refuses what the SPI does not allow. */
public final class Explained implements Explanation {

  private final List<Candidate> candidates = new ArrayList<>();
  private @Nullable RoutingNode node;
  private @Nullable String why;

  /** Nothing written yet. */
  public Explained() {}

  @Override
  public void candidate(RoutingNode candidate, double cost, String reason) {
    if (why != null) {
      throw new AssertionError("candidate " + candidate.id() + " after the decision");
    }
    for (Candidate before : candidates) {
      if (before.node == candidate) {
        throw new AssertionError("candidate " + candidate.id() + " twice");
      }
    }
    candidates.add(new Candidate(candidate, cost, reason));
  }

  @Override
  public void decision(@Nullable RoutingNode decided, String reason) {
    if (why != null) {
      throw new AssertionError("a second decision: " + reason);
    }
    node = decided;
    why = reason;
  }

  /**
   * The nodes that were considered.
   *
   * @return in the order of the selector, unmodifiable
   */
  public List<Candidate> candidates() {
    return Collections.unmodifiableList(candidates);
  }

  /**
   * Whether there was a decision: false for a policy that does not explain itself.
   *
   * @return true if {@link #node()} means something
   */
  public boolean decided() {
    return why != null;
  }

  /**
   * The decision.
   *
   * @return null for no node, a hold, or no decision
   */
  public @Nullable RoutingNode node() {
    return node;
  }

  /**
   * The reason of the decision.
   *
   * @return null if there was none
   */
  public @Nullable String why() {
    return why;
  }

  @Override
  public String toString() {
    return (node == null ? "none" : node.id()) + ": " + why + " " + candidates;
  }

  /**
   * A node that was considered.
   *
   * @param node the node
   * @param cost the policy's price, NaN if it has none
   * @param why in the policy's words
   */
  public record Candidate(RoutingNode node, double cost, String why) {}
}
