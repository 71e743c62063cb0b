package com.fnproject.lb.proxy;

import com.fnproject.lb.FnLoadBalancer;

/** The engine on Helidon's WebClient: all that every engine must do, and its own limits. */
class WebClientForwardingTest extends ForwardingConformance {

  @Override
  FnLoadBalancer start(String... arguments) {
    return FnLoadBalancer.start(arguments);
  }
}
