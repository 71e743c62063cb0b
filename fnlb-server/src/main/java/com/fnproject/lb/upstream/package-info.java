/**
 * Connections to nodes: a bounded pool for each, and the engine that exchanges one request for one
 * answer over a pooled connection. Knows nothing else of fnlb.
 */
@NullMarked
package com.fnproject.lb.upstream;

import org.jspecify.annotations.NullMarked;
