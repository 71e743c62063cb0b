/** The command line and the one place where all parts of the load balancer are put together. */
@NullMarked
package com.fnproject.lb;

import org.jspecify.annotations.NullMarked;
