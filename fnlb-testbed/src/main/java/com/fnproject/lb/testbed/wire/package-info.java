/**
 * Raw sockets for what well-behaved software cannot be made to do: nodes that are rude, clients
 * that see every byte, ports that nobody answers.
 */
@NullMarked
package com.fnproject.lb.testbed.wire;

import org.jspecify.annotations.NullMarked;
