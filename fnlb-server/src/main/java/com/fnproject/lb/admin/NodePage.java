package com.fnproject.lb.admin;

import java.util.List;

/**
 * A part of the list of nodes.
 *
 * @param nodes in byte order of their names
 * @param nextPageToken what to ask for the next part with; empty if there is none
 * @param version the version of the cluster in which all of this was so
 */
public record NodePage(List<NodeView> nodes, String nextPageToken, long version) {}
