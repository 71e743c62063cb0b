package com.fnproject.lb;

import java.time.Duration;

/**
 * How the process ends.
 *
 * @param drainDelay how long to go on serving after readiness has gone down; 0 or more
 * @param timeout how long calls under way may take to finish; 0 = for ever
 */
record ShutdownConfig(Duration drainDelay, Duration timeout) {}
