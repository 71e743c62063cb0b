package com.fnproject.lb.routing;

import java.time.Duration;

/**
 * How many calls may be held, and how long.
 *
 * @param maxHeld most held calls in all; 0 = none is held
 * @param maxHeldPerFunction most held calls of one function; 0 = none is held
 * @param maxHold longest hold, whatever the policy asks for; above 0
 */
public record HoldConfig(int maxHeld, int maxHeldPerFunction, Duration maxHold) {}
