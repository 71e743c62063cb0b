package com.fnproject.lb.lab.bench;

/** A workload file that cannot be used; the message says where, what was found and expected. */
final class BadWorkload extends Exception {
  BadWorkload(String message) {
    super(message);
  }
}
