package com.fnproject.lb.proxy;

import com.fnproject.lb.FnLoadBalancer;
import com.fnproject.lb.spi.HoldEnd;
import com.fnproject.lb.spi.NodeSelector;
import com.fnproject.lb.spi.NodeSnapshot;
import com.fnproject.lb.spi.PolicyContext;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingNode;
import com.fnproject.lb.spi.RoutingPolicy;
import com.fnproject.lb.spi.RoutingPolicyProvider;
import com.fnproject.lb.spi.RoutingResult;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;

/**
 * A policy whose picks are the test's, loaded by a real balancer as any plug-in is. Thread-safe.
 */
final class ScriptedPolicy implements RoutingPolicy {

  /** Found by the balancers that {@link #start} starts, and by no other. */
  public static final class Provider implements RoutingPolicyProvider {

    /** Made for the service loader. */
    public Provider() {}

    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public int spiVersion() {
      return SPI_VERSION;
    }

    @Override
    public RoutingPolicy create(PolicyContext context) {
      return STARTING.get();
    }
  }

  private static final ThreadLocal<RoutingPolicy> STARTING = new ThreadLocal<>();

  private final BiFunction<RoutingCall, NodeSnapshot, RoutingNode> select;
  final List<String> results = new CopyOnWriteArrayList<>();
  final List<HoldEnd> ends = new CopyOnWriteArrayList<>();

  /** When the latest hold ended, and when the latest attempt began by its latency. */
  volatile long endedNanos;

  volatile long selectedNanos;

  ScriptedPolicy(BiFunction<RoutingCall, NodeSnapshot, RoutingNode> select) {
    this.select = select;
  }

  /** A pick of the first node that was not tried. */
  static RoutingNode first(RoutingCall call, NodeSnapshot nodes) {
    for (int i = 0; i < nodes.size(); i++) {
      if (!call.tried(nodes.node(i))) {
        return nodes.node(i);
      }
    }
    return null;
  }

  @Override
  public NodeSelector newSelector(NodeSnapshot snapshot) {
    return call -> select.apply(call, snapshot);
  }

  @Override
  public void onResult(RoutingCall call, RoutingNode node, RoutingResult result) {
    selectedNanos = result.nowNanos() - result.latencyNanos();
    results.add(result.outcome() + " " + call.attempt());
    boolean unused = call.wake(node);
  }

  @Override
  public void onHoldEnded(RoutingCall call, HoldEnd why) {
    endedNanos = call.nowNanos();
    ends.add(why);
  }

  /** Starts a balancer with a policy. */
  static FnLoadBalancer start(RoutingPolicy policy, String... flags) {
    List<String> arguments = new ArrayList<>(Arrays.asList(flags));
    arguments.addAll(List.of("--router", "scripted"));
    Thread thread = Thread.currentThread();
    ClassLoader usual = thread.getContextClassLoader();
    STARTING.set(policy);
    thread.setContextClassLoader(new ScriptedToo(usual));
    try {
      return FnLoadBalancer.start(arguments.toArray(String[]::new));
    } finally {
      thread.setContextClassLoader(usual);
      STARTING.remove();
    }
  }

  /** The usual classes, and one more entry where the service loader looks. */
  private static final class ScriptedToo extends ClassLoader {

    ScriptedToo(ClassLoader usual) {
      super(usual);
    }

    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
      if (!name.equals("META-INF/services/" + RoutingPolicyProvider.class.getName())) {
        return Collections.emptyEnumeration();
      }
      URL entry = URL.of(URI.create("memory:entry"), new Entry());
      return Collections.enumeration(List.of(entry));
    }
  }

  private static final class Entry extends URLStreamHandler {
    @Override
    protected URLConnection openConnection(URL url) {
      return new URLConnection(url) {
        @Override
        public void connect() {}

        @Override
        public InputStream getInputStream() {
          return new ByteArrayInputStream(
              Provider.class.getName().getBytes(StandardCharsets.UTF_8));
        }
      };
    }
  }
}
