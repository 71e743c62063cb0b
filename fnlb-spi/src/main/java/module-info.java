/**
 * The routing-policy SPI of fnlb: everything a plug-in may see of the load balancer.
 *
 * <p>Start at {@link com.fnproject.lb.spi.RoutingPolicyProvider}.
 */
module com.fnproject.lb.spi {
  requires static transitive org.jspecify;

  exports com.fnproject.lb.spi;
}
