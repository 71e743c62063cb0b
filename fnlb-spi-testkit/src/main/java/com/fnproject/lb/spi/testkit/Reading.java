package com.fnproject.lb.spi.testkit;

import com.fnproject.lb.spi.NodeReading;

/**
 * What a node told of itself.
 *
 * @param scrapedNanos when
 * @param intervalNanos when the next reading should come, counted from this one
 * @param memoryUsed bytes, -1 for not told
 * @param memoryFree bytes, -1 for not told
 * @param containers containers of all functions in every state
 */
public record Reading(
    long scrapedNanos, long intervalNanos, long memoryUsed, long memoryFree, int containers)
    implements NodeReading {}
