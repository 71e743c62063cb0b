package com.fnproject.lb.lab.select;

import com.fnproject.lb.spi.NodeSnapshot;
import java.util.Arrays;

/** Nodes, and the functions that are called on them. */
final class Cluster implements NodeSnapshot {

  final StandInFunction[] functions;
  private final StandInNode[] nodes;

  Cluster(int nodes, int functions) {
    this.nodes = new StandInNode[nodes];
    this.functions = new StandInFunction[functions];
    Arrays.setAll(this.nodes, StandInNode::new);
    Arrays.setAll(this.functions, StandInFunction::new);
  }

  @Override
  public long version() {
    return 1;
  }

  @Override
  public long nowNanos() {
    return 0;
  }

  @Override
  public int size() {
    return nodes.length;
  }

  @Override
  public StandInNode node(int i) {
    return nodes[i];
  }
}
