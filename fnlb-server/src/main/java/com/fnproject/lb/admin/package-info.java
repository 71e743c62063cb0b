/** The operator's side: nodes, statistics, health and metrics over REST. */
@NullMarked
package com.fnproject.lb.admin;

import org.jspecify.annotations.NullMarked;
