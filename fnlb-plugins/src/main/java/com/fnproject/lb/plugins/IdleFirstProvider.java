package com.fnproject.lb.plugins;

import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.time.Duration;

/**
 * Provides {@code idle-first}: a container that came back idle, else bounded load.
 *
 * <p>Two options: {@code idle-window}, how long an idle container is believed in, from 1s to 1h,
 * which is the longest idle time-out that Fn grants a function, default 30s, Fn's own default; and
 * {@code balance}, as of {@link BoundedLoadProvider}.
 */
public final class IdleFirstProvider implements RoutingPolicyProvider {

  private static final String NAME = "idle-first";
  private static final String IDLE_WINDOW = "idle-window";
  private static final Duration DEFAULT_IDLE_WINDOW = Duration.ofSeconds(30);

  /** For {@link java.util.ServiceLoader}. */
  public IdleFirstProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int spiVersion() {
    return SPI_VERSION;
  }

  @Override
  public RoutingPolicy create(PolicyContext context) {
    Options.refuseUnknown(context, NAME, IDLE_WINDOW, Options.BALANCE);
    Duration window = Options.time(context, IDLE_WINDOW, DEFAULT_IDLE_WINDOW);
    return new IdleFirstPolicy(Options.balance(context), window.toNanos());
  }
}
