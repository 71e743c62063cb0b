package com.fnproject.lb.testbed.model;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a node tells of one function: the sum over its pools, of which there are several for a while
 * after an update. It stays for as long as the node lives, at 0, as Fn's series do.
 */
public final class FunctionSeries {
  private final String functionId;
  private final String appId;
  private final Map<ContainerState, StateDurations> durations = new EnumMap<>(ContainerState.class);
  final List<FunctionPool> pools = new ArrayList<>(1);
  private String image;
  long starts;
  long calls;
  long evictions;
  long refused;

  FunctionSeries(FunctionSpec spec) {
    this.functionId = spec.functionId();
    this.appId = spec.appId();
    this.image = spec.image();
    for (ContainerState state : ContainerState.values()) {
      durations.put(state, new StateDurations());
    }
  }

  void add(FunctionPool pool) {
    image = pool.spec().image();
    pools.add(pool);
  }

  public String functionId() {
    return functionId;
  }

  public String appId() {
    return appId;
  }

  /** The image of the newest version of the function that this node has seen. */
  public String image() {
    return image;
  }

  /** How many containers are in this state now. */
  public int containers(ContainerState state, long nowNanos) {
    int total = 0;
    for (int i = 0; i < pools.size(); i++) {
      total += pools.get(i).containers(state, nowNanos);
    }
    return total;
  }

  /** Containers that could serve a call without a start: idle, paused and busy ones. */
  public int hot() {
    int total = 0;
    for (int i = 0; i < pools.size(); i++) {
      total += pools.get(i).hot();
    }
    return total;
  }

  /** Calls that wait for a container. */
  public int waitingCalls() {
    int total = 0;
    for (int i = 0; i < pools.size(); i++) {
      total += pools.get(i).waitingCalls();
    }
    return total;
  }

  public StateDurations durations(ContainerState state) {
    return requireNonNull(durations.get(state));
  }

  /** Container starts so far. */
  public long starts() {
    return starts;
  }

  /** Calls that came to this node so far. */
  public long calls() {
    return calls;
  }

  /** Containers that were removed to make room for another function, so far. */
  public long evictions() {
    return evictions;
  }

  /** Calls answered with "server too busy", so far. */
  public long refused() {
    return refused;
  }
}
