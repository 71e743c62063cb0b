package com.fnproject.lb.insight;

import java.time.OffsetDateTime;

/**
 * What one node answered of one path in one second.
 *
 * @param timestamp the beginning of the second
 * @param calls how many answers
 * @param node the node, {@code host:port}
 * @param path the path that was called, percent-decoded; cut when over {@link CallStats#MAX_PATH}
 *     characters
 * @param meanWaitSeconds how long the calls had waited on the node, as told by it; 0 when it does
 *     not tell
 */
public record StatsRow(
    OffsetDateTime timestamp, long calls, String node, String path, double meanWaitSeconds) {}
