package com.fnproject.lb.spi.testkit;

/**
 * A function's containers on one node, as {@link com.fnproject.lb.spi.Warmth} tells them.
 *
 * @param idle those that would serve a call at once
 * @param busy those that serve one
 * @param starting those that are being started
 * @param waiting calls that wait for one
 */
public record Containers(int idle, int busy, int starting, int waiting) {}
