/**
 * The routing policies that fnlb brings along, written against {@link com.fnproject.lb.spi} alone,
 * as a stranger's plug-in would be. {@link java.util.ServiceLoader} finds them.
 */
@NullMarked
package com.fnproject.lb.plugins;

import org.jspecify.annotations.NullMarked;
