package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.NodeSnapshot;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A snapshot of ASCII-named nodes, whose order as text is their byte order. */
record FakeSnapshot(long version, List<FakeNode> nodes) implements NodeSnapshot {

  private static final AtomicLong VERSIONS = new AtomicLong();

  static FakeSnapshot of(List<FakeNode> nodes) {
    return new FakeSnapshot(
        VERSIONS.incrementAndGet(),
        nodes.stream().sorted(Comparator.comparing(FakeNode::id)).toList());
  }

  static FakeSnapshot of(FakeNode... nodes) {
    return of(List.of(nodes));
  }

  @Override
  public long nowNanos() {
    return 0;
  }

  @Override
  public int size() {
    return nodes.size();
  }

  @Override
  public FakeNode node(int i) {
    return nodes.get(i);
  }
}
