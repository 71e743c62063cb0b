/** Chooses a node for each call: loads the routing policy and guards the server against it. */
@NullMarked
package com.fnproject.lb.routing;

import org.jspecify.annotations.NullMarked;
