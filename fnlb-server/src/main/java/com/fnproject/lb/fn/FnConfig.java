package com.fnproject.lb.fn;

import java.time.Duration;

/**
 * How functions are known, and how many of them are remembered.
 *
 * @param api where triggers and functions are looked up
 * @param refresh shortest pause between two listings of all triggers and functions; above 0
 * @param triggerWait longest time that a call on an unknown trigger path waits for its look-up; 0 =
 *     never
 * @param maxLookups most look-ups of triggers at once; 1 or more
 * @param maxFunctions most functions known to exist that are remembered; 1 or more
 * @param maxTriggers most triggers whose function is known; 1 or more
 * @param maxPaths most paths of which no function is known that are remembered; 1 or more
 */
public record FnConfig(
    ApiAddress api,
    Duration refresh,
    Duration triggerWait,
    int maxLookups,
    int maxFunctions,
    int maxTriggers,
    int maxPaths) {}
