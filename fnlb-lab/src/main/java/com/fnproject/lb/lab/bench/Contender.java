package com.fnproject.lb.lab.bench;

import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.Map;

/**
 * A policy with options: a row of the table.
 *
 * @param label what the row is called
 */
record Contender(String label, RoutingPolicyProvider provider, Map<String, String> options) {}
