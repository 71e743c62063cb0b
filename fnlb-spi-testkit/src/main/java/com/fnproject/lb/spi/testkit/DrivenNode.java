package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.NodeReading;
import com.fnproject.lb.spi.RoutingNode;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A node as one balancer sees it: of a {@link PolicyDriver}, which builds a new selector whenever
 * the node changes, or by hand. What the SPI declares is thread-safe.
 */
public final class DrivenNode implements RoutingNode {

  private final String id;
  private final @Nullable PolicyDriver driver;
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile double weight = 1;
  private volatile Map<String, String> labels = Map.of();
  private volatile int cap = Integer.MAX_VALUE;
  private volatile @Nullable NodeReading reading;
  private final KeptState state = new KeptState();
  private boolean eligible = true;
  private @Nullable Object attachment;

  /** Functions that this node's last reading named. */
  final Set<DrivenFunction> told = new LinkedHashSet<>();

  /** The number of the newest snapshot that has this node. */
  long version;

  /**
   * A node without a driver.
   *
   * @param id its name, {@code host:port}
   */
  public DrivenNode(String id) {
    this(id, null);
  }

  DrivenNode(String id, @Nullable PolicyDriver driver) {
    this.id = id;
    this.driver = driver;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public double weight() {
    return weight;
  }

  /**
   * Changes the weight.
   *
   * @param weight above 0
   * @return this
   */
  public DrivenNode weight(double weight) {
    if (!(weight > 0)) {
      throw new IllegalArgumentException("weight " + weight + " (expected: above 0)");
    }
    this.weight = weight;
    return changed();
  }

  @Override
  public Map<String, String> labels() {
    return labels;
  }

  /**
   * Changes the labels.
   *
   * @param labels all of them
   * @return this
   */
  public DrivenNode labels(Map<String, String> labels) {
    this.labels = Map.copyOf(labels);
    return changed();
  }

  /**
   * Whether the node is enabled, healthy and not ejected.
   *
   * @return false if the driver leaves it out of snapshots
   */
  public boolean eligible() {
    return eligible;
  }

  /**
   * Takes the node out of the driver's snapshots, or in again.
   *
   * @param eligible whether it may be selected
   * @return this
   */
  public DrivenNode eligible(boolean eligible) {
    this.eligible = eligible;
    return changed();
  }

  boolean isOf(PolicyDriver owner) {
    return driver == owner;
  }

  private DrivenNode changed() {
    if (driver != null) {
      driver.nodesChanged();
    }
    return this;
  }

  /**
   * Limits the calls of this balancer on the node; no limit at first.
   *
   * @param cap calls at once
   * @return this
   */
  public DrivenNode cap(int cap) {
    this.cap = cap;
    return this;
  }

  @Override
  public boolean hasRoom() {
    return inFlight.get() < cap;
  }

  @Override
  public int inFlight() {
    return inFlight.get();
  }

  void callStarted() {
    inFlight.incrementAndGet();
  }

  void callEnded() {
    inFlight.decrementAndGet();
  }

  @Override
  public @Nullable NodeReading reading() {
    return reading;
  }

  /**
   * Publishes a reading without warmth. A driver's node gets both from {@link
   * PolicyDriver#reading}.
   *
   * @param reading null for nothing told
   */
  public void publish(@Nullable NodeReading reading) {
    this.reading = reading;
  }

  @Override
  public <S> S state(Function<? super RoutingNode, S> first) {
    return state.get(this, first);
  }

  /**
   * What the test keeps with the node.
   *
   * @return null until {@link #attach} was called
   */
  public @Nullable Object attachment() {
    return attachment;
  }

  /**
   * Keeps something with the node, for the test's own use.
   *
   * @param attachment whatever {@link #attachment()} is to return
   */
  public void attach(@Nullable Object attachment) {
    this.attachment = attachment;
  }

  @Override
  public String toString() {
    return id;
  }
}
