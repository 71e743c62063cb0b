package com.fnproject.lb.routing;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which policy chooses nodes.
 *
 * @param router name of the policy
 * @param options the policy's own options
 * @param plugins the directory of drop-in plug-ins, if there is one
 */
public record RoutingConfig(String router, Map<String, String> options, Optional<Path> plugins) {

  /** Copies the options. */
  public RoutingConfig {
    options = Map.copyOf(options);
  }
}
