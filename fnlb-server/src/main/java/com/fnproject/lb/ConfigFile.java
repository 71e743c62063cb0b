package com.fnproject.lb;

import com.fnproject.lb.node.Quoted;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.config.Config;
import io.helidon.config.ConfigException;
import io.helidon.config.ConfigSources;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The file that {@code --config} names: YAML or properties, read by Helidon Config. */
final class ConfigFile {

  /** Far above any real one; bounds what a wrong name can make us read. */
  private static final int LONGEST_FILE = 1 << 20;

  private final String name;
  private final List<String> faults;

  private ConfigFile(String name, List<String> faults) {
    this.name = name;
    this.faults = faults;
  }

  /**
   * Reads a file. Blocks on it.
   *
   * @param faults where whatever is wrong is told, ready for the operator
   * @return what the file says, by key; several texts only for repeatable settings
   */
  static Map<String, List<String>> read(String name, List<String> faults) {
    return new ConfigFile(name, faults).read();
  }

  private Map<String, List<String>> read() {
    MediaType type = type();
    String text = type == null ? null : content();
    if (type == null || text == null) {
      return Map.of();
    }
    Config root;
    try {
      root = Isolated.config(ConfigSources.create(text, type));
    } catch (ConfigException e) {
      fault(
          "not readable as "
              + (type == MediaTypes.APPLICATION_X_YAML ? "YAML" : "properties")
              + ": "
              + oneLine(e));
      return Map.of();
    }
    Map<String, List<String>> texts = new LinkedHashMap<>();
    for (Config node : root.asNodeList().orElse(List.of())) {
      Setting<?> setting = setting(node.name());
      if (setting == null) {
        continue;
      }
      List<String> values = values(setting, node);
      if (values != null) {
        texts.put(setting.key(), values);
      }
    }
    return texts;
  }

  private @Nullable MediaType type() {
    if (name.endsWith(".yaml") || name.endsWith(".yml")) {
      return MediaTypes.APPLICATION_X_YAML;
    }
    if (name.endsWith(".properties")) {
      return MediaTypes.create("text/x-java-properties");
    }
    fault("unknown type of file (expected: a name that ends in .yaml, .yml or .properties)");
    return null;
  }

  private @Nullable String content() {
    try (InputStream in = Files.newInputStream(Path.of(name))) {
      byte[] bytes = in.readNBytes(LONGEST_FILE + 1);
      if (bytes.length <= LONGEST_FILE) {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      }
      fault("too long (expected: at most " + ByteSize.text(LONGEST_FILE) + ")");
    } catch (NoSuchFileException e) {
      fault("no such file");
    } catch (AccessDeniedException e) {
      fault("not readable: permission denied");
    } catch (CharacterCodingException e) {
      fault("not readable as UTF-8");
    } catch (InvalidPathException | IOException e) {
      fault("not readable: " + oneLine(e));
    }
    return null;
  }

  private @Nullable Setting<?> setting(String key) {
    List<String> known = new ArrayList<>();
    for (Setting<?> setting : Settings.ALL) {
      if (setting.equals(Settings.CONFIG)) {
        continue;
      }
      if (setting.key().equals(key)) {
        return setting;
      }
      known.add(setting.key());
    }
    fault("unknown key " + Quoted.of(key) + Nearest.hint(key, known));
    return null;
  }

  private @Nullable List<String> values(Setting<?> setting, Config node) {
    if (setting.isRepeatable() && node.type() == Config.Type.OBJECT) {
      List<String> options = new ArrayList<>();
      node.detach()
          .asMap()
          .orElse(Map.of())
          .forEach((key, value) -> options.add(key + "=" + value));
      return options;
    }
    if (setting.equals(Settings.NODE_LIST) && node.type() == Config.Type.LIST) {
      List<Config> items = node.asNodeList().orElse(List.of());
      if (items.stream().allMatch(Config::isLeaf)) {
        return List.of(
            String.join(",", items.stream().map(item -> item.asString().orElse("")).toList()));
      }
    }
    if (node.isLeaf() && !setting.isRepeatable()) {
      return List.of(node.asString().orElse(""));
    }
    String expected =
        setting.isRepeatable() ? "a map of names to values" : setting.kind().expected();
    String found = node.isLeaf() ? Quoted.of(node.asString().orElse("")) : "a nested value";
    faults.add(place(setting, name) + ": " + found + " (expected: " + expected + ")");
    return null;
  }

  /** How messages name a key of a file. */
  static String place(Setting<?> setting, String file) {
    return "key '" + setting.key() + "' of " + file;
  }

  private void fault(String what) {
    faults.add("file " + Quoted.of(name) + ": " + what);
  }

  private static String oneLine(Throwable e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    if (cause instanceof ClassCastException) {
      // How Helidon's parser says that the outermost value is a list or a single text.
      return "no keys (expected: lines such as hc-interval: 1s)";
    }
    String message = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return message.strip().replaceAll("\\s*\\R\\s*", ", ");
  }
}
