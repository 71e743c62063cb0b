package com.example.leastbusy;

import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.testkit.RoutingPolicyContract;

/** All that is asked of a policy. */
class LeastBusyTest extends RoutingPolicyContract {

  @Override
  protected RoutingPolicyProvider provider() {
    return new LeastBusy();
  }

  @Override
  protected String name() {
    return "least-busy";
  }
}
