/**
 * How the containers of one Fn node behave, without threads, sockets or a clock of its own: time is
 * an argument, events wait in an {@link com.fnproject.lb.testbed.model.EventQueue}.
 */
@NullMarked
package com.fnproject.lb.testbed.model;

import org.jspecify.annotations.NullMarked;
