/**
 * The nodes of the cluster: which there are, which may be selected, and the one place where that
 * changes. Read by the request path through a single volatile, {@link
 * com.fnproject.lb.node.NodeRegistry#table()}.
 */
@NullMarked
package com.fnproject.lb.node;

import org.jspecify.annotations.NullMarked;
