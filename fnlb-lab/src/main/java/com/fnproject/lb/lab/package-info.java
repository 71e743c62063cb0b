/** What one tries fnlb with: the demo. */
@NullMarked
package com.fnproject.lb.lab;

import org.jspecify.annotations.NullMarked;
