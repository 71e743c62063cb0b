package com.fnproject.lb.node;

/** Why a text is no host; the message is a phrase for the operator. */
final class HostFault extends Exception {

  HostFault(String message) {
    super(message, null, false, false);
  }
}
