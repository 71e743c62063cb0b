package com.fnproject.lb.routing;

import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.net.URL;
import java.net.URLClassLoader;

/**
 * The classes of one plug-in. Beside its own jars it sees the JDK and the package of the SPI, which
 * is the server's whatever the jars hold; never the server's own classes, libraries and resources.
 */
final class PluginClassLoader extends URLClassLoader {

  static {
    registerAsParallelCapable();
  }

  private static final String SPI = RoutingPolicyProvider.class.getPackageName();
  private static final ClassLoader SERVER = RoutingPolicyProvider.class.getClassLoader();

  PluginClassLoader(String name, URL[] jars) {
    super("plug-in " + name, jars, ClassLoader.getPlatformClassLoader());
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    boolean ofTheSpi = name.startsWith(SPI) && name.lastIndexOf('.') == SPI.length();
    return ofTheSpi ? SERVER.loadClass(name) : super.loadClass(name, resolve);
  }
}
