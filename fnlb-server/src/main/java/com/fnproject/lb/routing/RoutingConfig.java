package com.fnproject.lb.routing;

import java.util.Map;

/**
 * Which policy chooses nodes.
 *
 * @param router name of the policy
 * @param options the policy's own options
 */
public record RoutingConfig(String router, Map<String, String> options) {

  /** Copies the options. */
  public RoutingConfig {
    options = Map.copyOf(options);
  }
}
