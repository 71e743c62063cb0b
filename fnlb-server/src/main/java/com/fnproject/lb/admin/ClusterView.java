package com.fnproject.lb.admin;

/**
 * The balancer and its nodes in numbers.
 *
 * @param release the balancer's version, such as {@code 1.0.0}; {@code unpackaged} when it does not
 *     run from its jar
 * @param policy the name of the routing policy
 * @param nodes how many nodes there are
 * @param draining how many of them the operator drains, whatever their health
 * @param healthy how many of them the checks find fit to serve, whatever the operator says
 * @param eligible how many of them are sent calls
 * @param version the version of the cluster in which all of this was so
 */
public record ClusterView(
    String release,
    String policy,
    int nodes,
    int draining,
    int healthy,
    int eligible,
    long version) {}
