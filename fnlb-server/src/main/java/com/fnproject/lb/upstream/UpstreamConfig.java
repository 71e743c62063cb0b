package com.fnproject.lb.upstream;

import java.time.Duration;

/**
 * Limits of the connections to one node.
 *
 * @param maxConnections most open connections, in use and idle together; 1 or more
 * @param maxIdle most idle connections kept; 0 or more
 * @param connectTimeout longest time to connect; above 0
 * @param connectionWait longest time to wait for a connection when all are in use; 0 = do not wait
 * @param answerTimeout longest silence of a node while its answer is awaited or read, and, to some
 *     seconds, longest time in which it takes nothing of a request; above 0
 * @param maxAnswerHead most bytes of an answer's header section
 */
public record UpstreamConfig(
    int maxConnections,
    int maxIdle,
    Duration connectTimeout,
    Duration connectionWait,
    Duration answerTimeout,
    int maxAnswerHead) {}
