package com.fnproject.lb;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Where and how clients are listened to.
 *
 * @param listen the traffic's address; port 0 = any free port
 * @param mgmtListen the operator's address; equal to {@code listen} when both share one listener
 * @param maxHeadSize most bytes of a request's header section
 * @param maxTargetSize most bytes of a request line
 * @param maxConnections most client connections; 0 = half of the process's file descriptors
 * @param idleTimeout how long a client connection may stay idle; above 0
 * @param adminBody most bytes of a body sent to the admin API
 * @param maxWatches most watches of the nodes at once
 */
record ListenConfig(
    InetSocketAddress listen,
    InetSocketAddress mgmtListen,
    int maxHeadSize,
    int maxTargetSize,
    int maxConnections,
    Duration idleTimeout,
    int adminBody,
    int maxWatches) {}
