/** {@code fnlb bench routing}: routing policies on the same traffic, in virtual time or live. */
@NullMarked
package com.fnproject.lb.lab.bench;

import org.jspecify.annotations.NullMarked;
