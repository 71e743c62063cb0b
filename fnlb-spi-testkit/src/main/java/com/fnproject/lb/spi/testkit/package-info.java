/**
 * Tests for routing policies: the SPI's contract as a JUnit class to extend ({@link
 * com.fnproject.lb.spi.testkit.RoutingPolicyContract}), and a driver that runs a policy in virtual
 * time ({@link com.fnproject.lb.spi.testkit.PolicyDriver}).
 *
 * <p>Both see a policy through the SPI alone. The classes that stand for nodes, functions and calls
 * can also be used without the driver: {@link com.fnproject.lb.spi.testkit.Snapshot} and {@link
 * com.fnproject.lb.spi.testkit.ManualCall} drive a selector by hand.
 *
 * <p>The driver and its calls belong to one thread; nodes, functions and calls by hand may be used
 * as the SPI says. Nothing is null unless a signature says {@code @Nullable}.
 */
@NullMarked
package com.fnproject.lb.spi.testkit;

import org.jspecify.annotations.NullMarked;
