/**
 * How a node is chosen for a call: the contract between the load balancer and its routing policies.
 *
 * <p>A policy works at two speeds. On every change of the cluster the server hands it an immutable
 * {@link com.fnproject.lb.spi.NodeSnapshot} and the policy <em>builds</em> a {@link
 * com.fnproject.lb.spi.NodeSelector}; that may take milliseconds. On every call the server asks the
 * current selector for a node; that <em>pick</em> runs on the request path of many threads at once,
 * so it must not block, and should neither lock nor allocate.
 *
 * <p>Time is an argument everywhere (nanoseconds of a monotonic clock, comparable by subtraction
 * only) and randomness comes from {@link com.fnproject.lb.spi.PolicyContext#random()}, so that a
 * policy can be driven by a simulation in virtual time. Nothing is null unless a signature says
 * {@code @Nullable}.
 *
 * <p>Interfaces that plug-ins implement ({@link com.fnproject.lb.spi.RoutingPolicyProvider}, {@link
 * com.fnproject.lb.spi.RoutingPolicy}, {@link com.fnproject.lb.spi.NodeSelector}) gain only default
 * methods; the others are implemented by the server, the contract kit and simulators, and may grow.
 */
@NullMarked
package com.fnproject.lb.spi;

import org.jspecify.annotations.NullMarked;
