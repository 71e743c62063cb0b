package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.Warmth;
import java.util.ArrayList;
import java.util.List;

/** Where a function's containers are. Immutable. */
public final class KnownWarmth implements Warmth {

  /** No containers anywhere. */
  public static final KnownWarmth NONE = new KnownWarmth(List.of());

  private final List<Entry> entries;

  private KnownWarmth(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * The same with one node's part replaced or added.
   *
   * @param node the node
   * @param scrapedNanos when it told
   * @param containers what it told
   * @return another warmth
   */
  public KnownWarmth with(RoutingNode node, long scrapedNanos, Containers containers) {
    List<Entry> others = others(node);
    others.add(new Entry(node, scrapedNanos, containers));
    return new KnownWarmth(List.copyOf(others));
  }

  /**
   * The same without one node.
   *
   * @param node the node, which need not be listed
   * @return another warmth
   */
  public KnownWarmth without(RoutingNode node) {
    return new KnownWarmth(List.copyOf(others(node)));
  }

  private List<Entry> others(RoutingNode node) {
    List<Entry> others = new ArrayList<>(entries.size() + 1);
    for (Entry entry : entries) {
      if (entry.node != node) {
        others.add(entry);
      }
    }
    return others;
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public RoutingNode node(int i) {
    return entries.get(i).node;
  }

  @Override
  public long scrapedNanos(int i) {
    return entries.get(i).scrapedNanos;
  }

  @Override
  public int idle(int i) {
    return entries.get(i).containers.idle();
  }

  @Override
  public int busy(int i) {
    return entries.get(i).containers.busy();
  }

  @Override
  public int starting(int i) {
    return entries.get(i).containers.starting();
  }

  @Override
  public int waiting(int i) {
    return entries.get(i).containers.waiting();
  }

  private record Entry(RoutingNode node, long scrapedNanos, Containers containers) {}
}
