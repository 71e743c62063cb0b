package com.fnproject.lb;

import com.fnproject.lb.fn.FnConfig;
import com.fnproject.lb.fn.ScrapeConfig;
import com.fnproject.lb.health.HealthConfig;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.proxy.ProxyConfig;
import com.fnproject.lb.routing.HoldConfig;
import com.fnproject.lb.routing.RoutingConfig;
import com.fnproject.lb.upstream.UpstreamConfig;
import java.util.List;

/**
 * Everything the operator has said, checked.
 *
 * @param nodes the nodes to start with, possibly none
 * @param nodeInFlight most calls under way on a node; 0 = no cap
 */
record Config(
    ListenConfig listen,
    List<NodeAddress> nodes,
    RoutingConfig routing,
    HoldConfig holds,
    int nodeInFlight,
    FnConfig fn,
    ProxyConfig proxy,
    UpstreamConfig upstream,
    HealthConfig health,
    ScrapeConfig scrape,
    ShutdownConfig shutdown) {}
