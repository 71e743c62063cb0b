package com.fnproject.lb.testbed.model;

import java.util.Locale;

/** The states that an Fn node tells of in {@code fn_container_<state>_total} (fn 0.3.753). */
public enum ContainerState {
  /** A start that waits for memory; at most one per pool. */
  WAIT,
  START,
  IDLE,
  /** Idle for longer than {@link NodeModelConfig#pauseNanos()}; still hot. */
  PAUSED,
  BUSY;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The name inside the metric's name. */
  public String label() {
    return label;
  }
}
