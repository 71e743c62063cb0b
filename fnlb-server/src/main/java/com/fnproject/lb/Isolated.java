package com.fnproject.lb;

import io.helidon.config.Config;
import io.helidon.config.spi.ConfigSource;

/** Helidon Config without anything that was not asked for. */
final class Isolated {

  private Isolated() {}

  /**
   * A configuration from these sources alone, the strongest first: no system properties, no
   * environment, no file from the class path, and texts as they stand, without references.
   */
  static Config config(ConfigSource... sources) {
    Config.Builder builder =
        Config.builder()
            .disableSystemPropertiesSource()
            .disableEnvironmentVariablesSource()
            .disableKeyResolving()
            .disableValueResolving()
            .disableFilterServices();
    for (ConfigSource source : sources) {
      builder.addSource(source);
    }
    return builder.build();
  }
}
