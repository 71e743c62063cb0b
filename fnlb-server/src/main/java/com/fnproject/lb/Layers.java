package com.fnproject.lb;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.config.spi.ConfigSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What was said and where: flags before environment variables before the configuration file before
 * defaults, merged by Helidon Config. Options of the policy are merged one by one, everything else
 * is taken whole from the first place that names it. Remembers everything that is wrong, so that an
 * operator sees all of it at once.
 */
final class Layers {

  /**
   * One place where settings are said.
   *
   * @param label how messages name a setting there
   */
  private record Layer(Function<Setting<?>, String> label, Map<String, String> texts) {}

  private final List<String> faults = new ArrayList<>();
  private final List<Layer> layers = new ArrayList<>();
  private final Config merged;

  /** Reads the file if one is named, so this may block. */
  Layers(Flags flags, Map<String, String> environment) {
    faults.addAll(flags.faults());
    Map<String, List<String>> variables = variables(environment);
    add(Setting::flag, "flag ", flags.texts());
    add(Setting::variable, "variable ", variables);
    String file =
        layers.stream()
            .map(layer -> layer.texts().getOrDefault(Settings.CONFIG.key(), ""))
            .filter(name -> !name.isEmpty())
            .findFirst()
            .orElse("");
    if (!file.isEmpty()) {
      add(setting -> ConfigFile.place(setting, file), "", ConfigFile.read(file, faults));
    }
    Map<String, String> defaults = new HashMap<>();
    for (Setting<?> setting : Settings.ALL) {
      if (!setting.isRepeatable()) {
        defaults.put(setting.key(), setting.defaultText());
      }
    }
    layers.add(new Layer(setting -> "default of " + setting.flag(), defaults));
    merged =
        Isolated.config(
            layers.stream()
                .map(layer -> (ConfigSource) ConfigSources.create(layer.texts()).build())
                .toArray(ConfigSource[]::new));
  }

  /** The value of a setting; its default when what was said is wrong. */
  <T> T get(Setting<T> setting) {
    try {
      return setting.kind().parse(merged.get(setting.key()).asString().get());
    } catch (IllegalArgumentException e) {
      refuse(setting, String.valueOf(e.getMessage()));
      return setting.kind().parse(setting.defaultText());
    }
  }

  /** The options of the policy. */
  Map<String, String> options() {
    return merged.get(Settings.ROUTER_OPTION.key()).detach().asMap().orElse(Map.of());
  }

  /** Remembers that the value of a setting is wrong. */
  void refuse(Setting<?> setting, String why) {
    for (Layer layer : layers) {
      if (layer.texts().containsKey(setting.key())) {
        faults.add(layer.label().apply(setting) + ": " + why);
        return;
      }
    }
  }

  /** Everything that is wrong so far, a line each. */
  List<String> faults() {
    return faults;
  }

  private static Map<String, List<String>> variables(Map<String, String> environment) {
    Map<String, List<String>> variables = new LinkedHashMap<>();
    for (Setting<?> setting : Settings.ALL) {
      String text = environment.getOrDefault(setting.variable(), "");
      if (!text.isBlank()) {
        variables.put(
            setting.key(), setting.isRepeatable() ? List.of(text.split(",", -1)) : List.of(text));
      }
    }
    return variables;
  }

  private void add(
      Function<Setting<?>, String> name, String prefix, Map<String, List<String>> said) {
    Layer layer = new Layer(setting -> prefix + name.apply(setting), new HashMap<>());
    for (Setting<?> setting : Settings.ALL) {
      List<String> texts = said.getOrDefault(setting.key(), List.of());
      if (setting.isRepeatable()) {
        addOptions(layer, texts);
      } else if (!texts.isEmpty()) {
        layer.texts().put(setting.key(), texts.getLast().strip());
      }
    }
    layers.add(layer);
  }

  private void addOptions(Layer layer, List<String> texts) {
    String label = layer.label().apply(Settings.ROUTER_OPTION);
    for (String text : texts) {
      try {
        Map.Entry<String, String> option = Settings.ROUTER_OPTION.kind().parse(text);
        String key = Settings.ROUTER_OPTION.key() + "." + Config.Key.escapeName(option.getKey());
        if (layer.texts().putIfAbsent(key, option.getValue()) != null) {
          faults.add(label + ": '" + option.getKey() + "' is given twice (expected: once)");
        }
      } catch (IllegalArgumentException e) {
        faults.add(label + ": " + e.getMessage());
      }
    }
  }
}
