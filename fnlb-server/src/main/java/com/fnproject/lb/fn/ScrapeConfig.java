package com.fnproject.lb.fn;

import java.time.Duration;

/**
 * How nodes' {@code /metrics} are read.
 *
 * @param enabled whether they are
 * @param minInterval shortest pause between two readings of a node; above 0
 * @param maxInterval longest pause between two readings of a node that answers; not below the
 *     shortest
 * @param maxReadings most functions that are kept, each counted once for every node; 1 or more
 */
public record ScrapeConfig(
    boolean enabled, Duration minInterval, Duration maxInterval, int maxReadings) {}
