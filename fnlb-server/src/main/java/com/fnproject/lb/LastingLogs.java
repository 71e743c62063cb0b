package com.fnproject.lb;

import java.util.logging.LogManager;

/**
 * Keeps the log alive until the process ends. The library closes all handlers in a shutdown hook of
 * its own, which would run beside ours and swallow what is said about draining. Public because the
 * library makes it by name.
 */
public final class LastingLogs extends LogManager {

  private static volatile boolean kept;

  /** Made by name. */
  public LastingLogs() {}

  /** From now on the configuration stays as it is. */
  static void keep() {
    kept = true;
  }

  /** Does nothing once the configuration is to be kept. */
  @Override
  public void reset() {
    if (!kept) {
      super.reset();
    }
  }
}
