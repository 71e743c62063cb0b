package com.fnproject.lb.routing;

import com.fnproject.lb.node.Quoted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.AccessDeniedException;
import java.nio.file.AccessMode;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A plug-in of the directory that {@code --plugins} names: one jar, or a folder of jars.
 *
 * @param file the jar or the folder
 * @param jars its jars, in the order of their names
 */
record Plugin(Path file, List<Path> jars) {

  /**
   * Finds all plug-ins of a directory: its jars, and its folders that have jars. Hidden files,
   * other files and folders without a jar are none.
   *
   * @return in the order of their names
   * @throws IllegalArgumentException if the directory, a folder in it or a jar cannot be read
   */
  static List<Plugin> in(Path directory) {
    List<Plugin> plugins = new ArrayList<>();
    for (Path file : visible(directory, Quoted.of(directory.toString()))) {
      if (Files.isDirectory(file)) {
        List<Path> jars = visible(file, quoted(directory, file));
        jars.removeIf(inside -> !isNamedAsJar(inside));
        if (!jars.isEmpty()) {
          plugins.add(new Plugin(file, jars));
        }
      } else if (isNamedAsJar(file)) {
        plugins.add(new Plugin(file, List.of(file)));
      }
    }
    for (Plugin plugin : plugins) {
      plugin.jars().forEach(jar -> check(jar, quoted(directory, jar)));
    }
    return plugins;
  }

  /** What it is called in messages: its name in the directory. */
  String name() {
    return Quoted.of(file.getFileName().toString());
  }

  /** Its classes, apart from those of all others. */
  PluginClassLoader open() {
    return new PluginClassLoader(name(), jars.stream().map(jar -> url(jar)).toArray(URL[]::new));
  }

  /** The refusal of a plug-in, or of what should hold them. */
  static IllegalArgumentException refused(String quoted, String why, @Nullable Throwable cause) {
    return new IllegalArgumentException("key 'plugins': " + quoted + " " + why, cause);
  }

  private static List<Path> visible(Path directory, String quoted) {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(
            directory, entry -> !entry.getFileName().toString().startsWith("."))) {
      entries.forEach(files::add);
    } catch (IOException | DirectoryIteratorException e) {
      throw refused(quoted, reason(directory, e) + " (expected: a directory with jars)", e);
    }
    files.sort(null);
    return files;
  }

  /** A class loader would pass over a jar that it cannot read, and the operator wonder. */
  private static void check(Path jar, String quoted) {
    try {
      // Tells what is wrong in the terms of directories, which opening it does not.
      jar.getFileSystem().provider().checkAccess(jar, AccessMode.READ);
      try (ZipFile zip = new ZipFile(jar.toFile())) {
        if (zip.size() == 0) {
          throw refused(quoted, "is an empty jar", null);
        }
      }
    } catch (IOException e) {
      throw refused(quoted, reason(jar, e) + " (expected: a jar)", e);
    }
  }

  private static String reason(Path file, Exception e) {
    return switch (e) {
      case NoSuchFileException missing ->
          Files.isSymbolicLink(file) ? "is a link to nothing" : "does not exist";
      case NotDirectoryException noDirectory -> "is not a directory";
      case AccessDeniedException denied -> "cannot be read: permission denied";
      default -> "cannot be read: " + e.getMessage();
    };
  }

  private static boolean isNamedAsJar(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".jar");
  }

  private static String quoted(Path directory, Path file) {
    return Quoted.of(directory.relativize(file).toString());
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
