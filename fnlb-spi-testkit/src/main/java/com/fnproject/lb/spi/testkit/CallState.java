package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a call keeps, whoever drives it. Belongs to the thread that serves the call. */
abstract class CallState implements RoutingCall {

  private final DrivenFunction function;
  private final CallHead head;
  private @Nullable RoutingNode[] tried = new @Nullable RoutingNode[PolicyDriver.ATTEMPTS];
  private int triedCount;
  private int attempt;
  private long memo;
  private @Nullable Object note;

  CallState(DrivenFunction function, CallHead head) {
    this.function = function;
    this.head = head;
  }

  @Override
  public final DrivenFunction function() {
    return function;
  }

  @Override
  public final int attempt() {
    return attempt;
  }

  final void beginAttempt(int number) {
    attempt = number;
    memo = 0;
    note = null;
  }

  @Override
  public final boolean tried(RoutingNode node) {
    for (int i = 0; i < triedCount; i++) {
      if (tried[i] == node) {
        return true;
      }
    }
    return false;
  }

  final void markTried(RoutingNode node) {
    if (triedCount == tried.length) {
      tried = Arrays.copyOf(tried, 2 * triedCount);
    }
    tried[triedCount++] = node;
  }

  @Override
  public final String method() {
    return head.method();
  }

  @Override
  public final String path() {
    String path = head.path();
    return path == null ? function.key() : path;
  }

  @Override
  public final @Nullable String header(String name) {
    return head.headers().isEmpty() ? null : head.header(name);
  }

  @Override
  public final long memo() {
    return memo;
  }

  @Override
  public final void memo(long bits) {
    memo = bits;
  }

  @Override
  public final @Nullable Object note() {
    return note;
  }

  @Override
  public final void note(@Nullable Object reference) {
    note = reference;
  }
}
