/** Finds out which nodes are fit to serve, by asking each of them at intervals. */
@NullMarked
package com.fnproject.lb.health;

import org.jspecify.annotations.NullMarked;
