package com.fnproject.lb;

import com.fnproject.lb.fn.ApiAddress;
import com.fnproject.lb.node.NodeAddress;
import com.fnproject.lb.node.Quoted;
import java.net.InetSocketAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.semver4j.Semver;

/**
 * What the text of a setting may be.
 *
 * @param metavar what stands for the value in the help
 * @param expected the allowed values, in words that complete "expected: "
 * @param reader turns a text into a value
 */
record Kind<T>(String metavar, String expected, Reader<T> reader) {

  /** Turns a text into a value. */
  interface Reader<T> {

    /**
     * The value, or null when the text is not as expected.
     *
     * @throws IllegalArgumentException if there is more to say than that; its message says it all
     */
    @Nullable T read(String text);
  }

  private static final int LONGEST_PATH = 2048;

  /** On or off, in all of Go's spellings. */
  static final Kind<Boolean> SWITCH =
      new Kind<>(
          "BOOL",
          "true or false",
          text ->
              switch (text) {
                case "1", "t", "T", "true", "TRUE", "True" -> true;
                case "0", "f", "F", "false", "FALSE", "False" -> false;
                default -> null;
              });

  /** Several nodes; the same node named twice counts once. */
  static final Kind<List<NodeAddress>> NODES =
      new Kind<>("LIST", "a comma-separated list of " + NodeAddress.EXPECTED, Kind::nodes);

  /** An address to listen on. */
  static final Kind<InetSocketAddress> ADDRESS =
      new Kind<>("ADDRESS", ListenAddress.EXPECTED, ListenAddress::parse);

  /** An address to listen on, or nothing. */
  static final Kind<Optional<InetSocketAddress>> ADDRESS_OR_NONE =
      new Kind<>(
          "ADDRESS",
          ListenAddress.EXPECTED,
          text -> {
            if (text.isEmpty()) {
              return Optional.empty();
            }
            InetSocketAddress address = ListenAddress.parse(text);
            return address == null ? null : Optional.of(address);
          });

  /** Where Fn's API is. */
  static final Kind<ApiAddress> FN_API = new Kind<>("API", ApiAddress.EXPECTED, ApiAddress::parse);

  /** A version as Semantic Versioning 2.0.0 writes it, without the "v" some put before it. */
  static final Kind<Semver> VERSION =
      new Kind<>(
          "VERSION",
          "a semantic version, such as 0.0.235",
          text -> {
            Semver version = Semver.parse(text);
            return version != null && version.getVersion().equals(text) ? version : null;
          });

  /** The target of a request in origin form (RFC 9112, section 3.2.1). */
  static final Kind<String> PATH =
      new Kind<>(
          "PATH",
          "a path that starts with / and has only visible ASCII characters and no #",
          text -> {
            boolean fits = text.length() <= LONGEST_PATH && text.startsWith("/");
            return fits && text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '#')
                ? text
                : null;
          });

  /** The name of a plug-in. */
  static final Kind<String> NAME =
      new Kind<>(
          "NAME",
          "a name of letters, digits, dots, hyphens and underscores",
          text -> text.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}") ? text : null);

  /** One option of a plug-in; its name may have dots. */
  static final Kind<Map.Entry<String, String>> OPTION =
      new Kind<>(
          "NAME=VALUE",
          "name=value, the name of letters, digits, dots, hyphens and underscores",
          text -> {
            int equals = text.indexOf('=');
            String name = equals < 0 ? "" : text.substring(0, equals).strip();
            return name.matches("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*") && name.length() <= 64
                ? Map.entry(name, text.substring(equals + 1).strip())
                : null;
          });

  /** The name of a file; the empty text is none. */
  static final Kind<String> FILE = new Kind<>("FILE", "the name of a file", text -> text);

  /** The name of a directory, or nothing. */
  static final Kind<Optional<Path>> FOLDER =
      new Kind<>(
          "DIR",
          "the name of a directory",
          text -> {
            try {
              return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
            } catch (InvalidPathException e) {
              return null;
            }
          });

  /** A time within bounds. */
  static Kind<Duration> time(Duration least, Duration most) {
    String bounds = "a time from " + TimeSpan.text(least) + " to " + TimeSpan.text(most);
    return new Kind<>(
        "TIME",
        bounds + ", such as 30s, 500ms or 1m30s",
        text -> {
          Duration time = TimeSpan.parse(text);
          boolean fits = time != null && time.compareTo(least) >= 0 && time.compareTo(most) <= 0;
          return fits ? time : null;
        });
  }

  /** A number of bytes within bounds. */
  static Kind<Integer> size(int least, int most) {
    String bounds = "a size from " + ByteSize.text(least) + " to " + ByteSize.text(most);
    return new Kind<>(
        "SIZE",
        bounds + ", such as 65536 or 64KiB",
        text -> {
          long bytes = ByteSize.parse(text);
          return bytes >= least && bytes <= most ? (int) bytes : null;
        });
  }

  /** A whole number within bounds. */
  static Kind<Integer> count(int least, int most) {
    return new Kind<>(
        "N",
        "a whole number from " + least + " to " + most,
        text -> {
          if (!text.matches("[0-9]{1,9}")) {
            return null;
          }
          int number = Integer.parseInt(text);
          return number >= least && number <= most ? number : null;
        });
  }

  /** One of an enum's constants, written in lower case. */
  static <E extends Enum<E>> Kind<E> oneOf(Class<E> type) {
    List<E> constants = List.of(type.getEnumConstants());
    List<String> names = constants.stream().map(constant -> lowerCase(constant)).toList();
    return new Kind<>(
        "MODE",
        String.join(" or ", names),
        text -> names.contains(text) ? constants.get(names.indexOf(text)) : null);
  }

  /** What the original understood and this version does not: nothing but the default is taken. */
  static Kind<String> unsupported(String metavar, String only, String why) {
    String expected = (only.isEmpty() ? "nothing" : only) + "; " + why + " not supported yet";
    return new Kind<>(
        metavar,
        expected,
        text -> {
          if (text.equals(only)) {
            return text;
          }
          // Where nodes were kept was told with the password, which is no business of a log.
          String shown = text.replaceFirst("//.*@", "//***@");
          throw new IllegalArgumentException(Quoted.of(shown) + " (expected: " + expected + ")");
        });
  }

  /**
   * Reads a text.
   *
   * @throws IllegalArgumentException if it is not as expected; the message quotes it and says what
   *     was
   */
  T parse(String text) {
    T value = reader.read(text);
    if (value == null) {
      throw new IllegalArgumentException(Quoted.of(text) + " (expected: " + expected + ")");
    }
    return value;
  }

  private static List<NodeAddress> nodes(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    String[] names = text.split(",", -1);
    LinkedHashSet<NodeAddress> nodes = new LinkedHashSet<>();
    for (int i = 0; i < names.length; i++) {
      if (names[i].isBlank()) {
        throw new IllegalArgumentException(
            "%s: name %d of %d is empty (expected: %s)"
                .formatted(Quoted.of(text), i + 1, names.length, NODES.expected()));
      }
      nodes.add(NodeAddress.parse(names[i]));
    }
    return new ArrayList<>(nodes);
  }

  private static String lowerCase(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
