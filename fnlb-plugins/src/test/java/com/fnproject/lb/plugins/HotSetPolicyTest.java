package com.fnproject.lb.plugins;

import com.fnproject.lb.plugins.hotset.HotSetProvider;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.util.Map;

/** The SPI's contract for {@code hot-set}. */
class HotSetPolicyTest extends RoutingPolicyContractTest {

  @Override
  RoutingPolicyProvider provider() {
    return new HotSetProvider();
  }

  @Override
  String name() {
    return "hot-set";
  }

  @Override
  Map<String, String> goodOptions() {
    return Map.of("hot-window", "10", "hold", "0.5", "spread", "0");
  }
}
