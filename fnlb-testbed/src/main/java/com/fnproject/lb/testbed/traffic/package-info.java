/** Clients of a cluster: seeded mixed traffic, and what became of its calls. */
@NullMarked
package com.fnproject.lb.testbed.traffic;

import org.jspecify.annotations.NullMarked;
