/**
 * A simulated Fn cluster: nodes with the HTTP side and the container behaviour of fn 0.3.753 on
 * real sockets, one database behind them. For tests, demos and load; never for production.
 */
@NullMarked
package com.fnproject.lb.testbed;

import org.jspecify.annotations.NullMarked;
