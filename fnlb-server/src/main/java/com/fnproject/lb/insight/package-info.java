/** What happened: listens to calls and tells operators. */
@NullMarked
package com.fnproject.lb.insight;

import org.jspecify.annotations.NullMarked;
