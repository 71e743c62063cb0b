package com.fnproject.lb.routing;

import com.fnproject.lb.spi.RoutingPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLClassLoader;
import org.jspecify.annotations.Nullable;

/**
 * A policy and the classes that it came with. To be closed after the policy itself.
 *
 * @param policy the policy, which somebody else closes
 * @param classes null if it is built in
 */
public record LoadedPolicy(RoutingPolicy policy, @Nullable URLClassLoader classes)
    implements AutoCloseable {

  /** Lets go of the plug-in's jars. */
  @Override
  public void close() {
    try {
      if (classes != null) {
        classes.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
