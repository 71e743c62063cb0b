package com.fnproject.lb.health;

import org.jspecify.annotations.Nullable;

/**
 * How one check ended.
 *
 * @param failure why the node is not fit to serve, as a phrase for the log on one line; null when
 *     it is
 */
record CheckResult(@Nullable String failure) {

  static final CheckResult PASSED = new CheckResult(null);

  static CheckResult failed(String reason) {
    return new CheckResult(reason);
  }

  boolean passed() {
    return failure == null;
  }
}
