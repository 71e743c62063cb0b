package com.fnproject.lb.testbed;

import jakarta.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A function of the sample app "demo", reachable by its id and by the trigger {@code
 * /t/demo/<name>}.
 *
 * @param weight its share of a mixed traffic
 */
public record SampleFunction(
    String name,
    int memoryMegabytes,
    int runMillis,
    int startMillis,
    int pullMillis,
    double weight) {

  /** The app that the samples are in. */
  public static final String APP = "demo";

  /** A small one, a middling one, a heavy one and a rare one that is often cold. */
  public static List<SampleFunction> all() {
    return List.of(
        new SampleFunction("hello", 128, 5, 300, 0, 0.6),
        new SampleFunction("thumbnail", 256, 60, 700, 500, 0.25),
        new SampleFunction("report", 512, 250, 1_200, 1_000, 0.1),
        new SampleFunction("nightly", 256, 30, 900, 500, 0.05));
  }

  /** The path of its trigger. */
  public String path() {
    return "/t/" + APP + "/" + name;
  }

  static Map<SampleFunction, String> addTo(FnDatabase database) {
    Map<SampleFunction, String> ids = new LinkedHashMap<>();
    List<JsonObject> there =
        database.list(FnDatabase.Kind.APP, row -> FnDatabase.is(row, "name", APP));
    String app =
        there.isEmpty() ? database.createApp(APP) : FnDatabase.text(there.getFirst(), "id");
    for (SampleFunction sample : all()) {
      List<JsonObject> known =
          database.list(
              FnDatabase.Kind.FN,
              row -> FnDatabase.is(row, "app_id", app) && FnDatabase.is(row, "name", sample.name));
      ids.put(
          sample,
          known.isEmpty() ? sample.create(database, app) : FnDatabase.text(known.getFirst(), "id"));
    }
    return ids;
  }

  private String create(FnDatabase database, String app) {
    Map<String, String> config =
        Map.of(
            "RUN_MS", Integer.toString(runMillis),
            "START_MS", Integer.toString(startMillis),
            "PULL_MS", Integer.toString(pullMillis));
    String id = database.createFunction(app, name, memoryMegabytes, 30, 30, config);
    database.createTrigger(app, id, name, "/" + name);
    return id;
  }
}
