package com.fnproject.lb.node;

import com.fnproject.lb.spi.NodeSelector;

/**
 * What the request path reads, in one volatile: the nodes and the selector that was built for
 * exactly these nodes.
 *
 * @param nodes the nodes
 * @param selector the policy's selector for the eligible ones
 */
public record RoutingTable(NodeSet nodes, NodeSelector selector) {}
