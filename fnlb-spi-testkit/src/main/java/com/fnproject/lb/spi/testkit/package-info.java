/**
 * Tests for routing policies: a driver that runs a policy in virtual time, through the SPI alone
 * ({@link com.fnproject.lb.spi.testkit.PolicyDriver}).
 *
 * <p>The classes that stand for nodes, functions and calls can also be used without the driver:
 * {@link com.fnproject.lb.spi.testkit.Snapshot} and {@link com.fnproject.lb.spi.testkit.ManualCall}
 * drive a selector by hand.
 *
 * <p>The driver and its calls belong to one thread; nodes, functions and calls by hand may be used
 * as the SPI says. Nothing is null unless a signature says {@code @Nullable}.
 */
@NullMarked
package com.fnproject.lb.spi.testkit;

import org.jspecify.annotations.NullMarked;
