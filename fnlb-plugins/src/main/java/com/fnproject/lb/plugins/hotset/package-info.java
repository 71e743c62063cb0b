/**
 * The default policy, {@code hot-set}: each call goes where its expected cost is least. Its page is
 * {@code docs/policies/hot-set.md}; times in here are seconds unless a name says nanos.
 */
@NullMarked
package com.fnproject.lb.plugins.hotset;

import org.jspecify.annotations.NullMarked;
