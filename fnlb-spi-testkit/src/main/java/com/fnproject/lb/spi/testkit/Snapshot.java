package com.fnproject.lb.spi.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fnproject.lb.spi.NodeSnapshot;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The nodes of one moment, in byte order of their ids. Immutable. */
public final class Snapshot implements NodeSnapshot {

  private static final AtomicLong VERSIONS = new AtomicLong();

  private final long version;
  private final long nowNanos;
  private final DrivenNode[] nodes;

  Snapshot(long version, long nowNanos, Collection<DrivenNode> nodes) {
    this.version = version;
    this.nowNanos = nowNanos;
    this.nodes = nodes.toArray(DrivenNode[]::new);
    Arrays.sort(
        this.nodes,
        (a, b) -> Arrays.compareUnsigned(a.id().getBytes(UTF_8), b.id().getBytes(UTF_8)));
  }

  /**
   * A snapshot of time 0, with a version above those before it.
   *
   * @param nodes the nodes, in any order
   * @return the snapshot
   */
  public static Snapshot of(Collection<DrivenNode> nodes) {
    return new Snapshot(VERSIONS.incrementAndGet(), 0, nodes);
  }

  /**
   * A snapshot of time 0, with a version above those before it.
   *
   * @param nodes the nodes, in any order
   * @return the snapshot
   */
  public static Snapshot of(DrivenNode... nodes) {
    return of(List.of(nodes));
  }

  @Override
  public long version() {
    return version;
  }

  @Override
  public long nowNanos() {
    return nowNanos;
  }

  @Override
  public int size() {
    return nodes.length;
  }

  @Override
  public DrivenNode node(int i) {
    return nodes[i];
  }

  boolean contains(Object node) {
    for (DrivenNode each : nodes) {
      if (each == node) {
        return true;
      }
    }
    return false;
  }
}
