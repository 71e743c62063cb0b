/** {@code ./fnlb bench select}: what a choice of a routing policy costs in time and memory. */
@NullMarked
package com.fnproject.lb.lab.select;

import org.jspecify.annotations.NullMarked;
