package com.fnproject.lb.admin;

import com.fnproject.lb.node.AdminState;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to change of a node; null leaves a thing as it is.
 *
 * @param state whether it is sent calls
 * @param weight how much of the traffic it shall take, compared with others
 * @param labels all its labels from now on, instead of those that it has
 * @param revision what the node's revision must be for anything to be changed
 */
public record NodePatch(
    @Nullable AdminState state,
    @Nullable Double weight,
    @Nullable Map<String, String> labels,
    @Nullable Long revision) {}
