package com.fnproject.lb.routing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fnproject.lb.spi.RoutingPolicyProvider;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** A jar as an author of plug-ins builds it: compiled against the SPI and its libraries alone. */
final class PluginJar {

  private static final Pattern TYPE =
      Pattern.compile("package ([\\w.]+);.*?(?:class|interface) (\\w+)", Pattern.DOTALL);

  private final List<String> sources = new ArrayList<>();
  private final List<Path> libraries = new ArrayList<>();
  private final Map<String, byte[]> entries = new LinkedHashMap<>();
  private int classVersion;

  /** A provider whose class is {@code com.example.Provider}, and its policy, which picks none. */
  static PluginJar of(String name) {
    return of(name, "context -> new Policy()", "");
  }

  /**
   * A provider whose class is {@code com.example.Provider}.
   *
   * @param create a lambda from a context to a policy
   * @param members of the provider's class
   */
  static PluginJar of(String name, String create, String members) {
    return new PluginJar()
        .source(
            """
            package com.example;
            import com.fnproject.lb.spi.*;
            import java.util.function.Function;
            public class Provider implements RoutingPolicyProvider {
              @Override public String name() { return "%s"; }
              @Override public int spiVersion() { return SPI_VERSION; }
              @Override public RoutingPolicy create(PolicyContext given) {
                Function<PolicyContext, RoutingPolicy> create = %s;
                return create.apply(given);
              }
              %s
            }
            """
                .formatted(name, create, members))
        .source(
            """
            package com.example;
            import com.fnproject.lb.spi.*;
            public class Policy implements RoutingPolicy {
              @Override public NodeSelector newSelector(NodeSnapshot snapshot) {
                return call -> null;
              }
            }
            """)
        .provides("com.example.Provider");
  }

  PluginJar source(String text) {
    sources.add(text);
    return this;
  }

  PluginJar provides(String className) {
    return entry("META-INF/services/" + RoutingPolicyProvider.class.getName(), className + "\n");
  }

  PluginJar entry(String name, String text) {
    entries.put(name, text.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  PluginJar without(String entry) {
    entries.put(entry, new byte[0]);
    return this;
  }

  PluginJar with(Path library) {
    libraries.add(library);
    return this;
  }

  /** Marks its classes as those of another Java. */
  PluginJar classVersion(int major) {
    classVersion = major;
    return this;
  }

  Path build(Path jar) throws IOException {
    Path classes = Files.createTempDirectory(jar.getParent(), ".classes");
    compile(classes);
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path path : compiled.filter(Files::isRegularFile).sorted().toList()) {
        String name = classes.relativize(path).toString();
        if (!entries.containsKey(name)) {
          byte[] bytes = Files.readAllBytes(path);
          if (classVersion > 0) {
            bytes[7] = (byte) classVersion;
          }
          put(out, name, bytes);
        }
      }
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        if (entry.getValue().length > 0) {
          put(out, entry.getKey(), entry.getValue());
        }
      }
    }
    return jar;
  }

  private static void put(JarOutputStream out, String name, byte[] bytes) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    out.write(bytes);
    out.closeEntry();
  }

  private void compile(Path classes) throws IOException {
    if (sources.isEmpty()) {
      return;
    }
    List<String> path = new ArrayList<>(List.of(locationOf(RoutingPolicyProvider.class)));
    libraries.forEach(library -> path.add(library.toString()));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    boolean compiled =
        compiler
            .getTask(
                said,
                null,
                null,
                List.of(
                    "--release=17",
                    "-proc:none",
                    "-d",
                    classes.toString(),
                    "-cp",
                    String.join(File.pathSeparator, path)),
                null,
                sources.stream().map(PluginJar::unit).toList())
            .call();
    assertThat(compiled).as(said.toString()).isTrue();
  }

  private static JavaFileObject unit(String source) {
    Matcher type = TYPE.matcher(source);
    assertThat(type.find()).isTrue();
    String name = "/" + type.group(1).replace('.', '/') + "/" + type.group(2) + ".java";
    return new SimpleJavaFileObject(URI.create("string://" + name), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return source;
      }
    };
  }

  /** The jar, or folder of classes, that a class comes from. */
  static String locationOf(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
