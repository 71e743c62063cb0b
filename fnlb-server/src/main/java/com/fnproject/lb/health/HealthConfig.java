package com.fnproject.lb.health;

import java.time.Duration;
import org.semver4j.Semver;

/**
 * How nodes are checked.
 *
 * @param interval pause between two checks of a node; above 0
 * @param path origin-form target of the check, starts with {@code /}
 * @param unhealthyAfter failures in a row that make a healthy node unhealthy; 1 or more
 * @param healthyAfter successes in a row that make an unhealthy node healthy; 1 or more
 * @param timeout longest time for one check, from connecting to the last byte; above 0
 * @param minApiVersion lowest version of a node that is accepted
 */
public record HealthConfig(
    Duration interval,
    String path,
    int unhealthyAfter,
    int healthyAfter,
    Duration timeout,
    Semver minApiVersion) {}
