/** What Fn means: which paths call which function, and what a node's answer proves. */
@NullMarked
package com.fnproject.lb.fn;

import org.jspecify.annotations.NullMarked;
