/**
 * The data path: what happens to a call from its head to the last byte of its answer. {@link
 * com.fnproject.lb.proxy.Exchange} is the only loop.
 */
@NullMarked
package com.fnproject.lb.proxy;

import org.jspecify.annotations.NullMarked;
