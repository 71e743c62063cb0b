package com.fnproject.lb.plugins.hotset;

/**
 * What an operator may set; {@link HotSetProvider} tells ranges and defaults.
 *
 * @param hotWindow how long an idle container is expected to live, in seconds, until it is learned
 * @param headroom the part of a node's learned concurrency that is used before calls spill
 * @param spread how much an emptier hot node is preferred
 * @param amortise how many seconds of a function's future calls share the price of a start-up
 * @param foreign the price of a node that never ran the function, in start-ups
 * @param cpuHarm what one more container on a busy node costs others, in start-ups
 * @param memoryHarm what one more container on a node without memory costs others, in start-ups
 * @param concurrency what a node is thought to serve at once until it is learned
 * @param homeTrust the chance that a function's first node is warm though nothing is known
 * @param hold how long a call is held at most while the cluster has room, in seconds; 0 = never
 */
record Parameters(
    double hotWindow,
    double headroom,
    double spread,
    double amortise,
    double foreign,
    double cpuHarm,
    double memoryHarm,
    double concurrency,
    double homeTrust,
    double hold) {}
