package com.fnproject.lb.fn;

import com.fnproject.lb.fn.ApiRows.Page;
import com.fnproject.lb.fn.ApiRows.Row;
import com.fnproject.lb.fn.FnListing.Stamps;
import com.fnproject.lb.fn.TriggerLookups.Found;
import com.fnproject.lb.node.BoundedGet;
import com.fnproject.lb.node.BoundedGet.Place;
import com.fnproject.lb.node.NodeRegistry;
import com.fnproject.lb.node.NodeSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Fn's {@code /v2} API: at the healthy nodes in turn, or where the operator says. Thread-safe;
 * blocks.
 */
public final class FnApi implements TriggerLookups.Source {

  /** Most nodes that are asked before one question is given up. */
  static final int MAX_NODES = 3;

  /** Most bytes of one page of a listing; Fn's own take some 100 KiB. */
  static final int MAX_PAGE = 16 << 20;

  /** Most bytes of an answer to a look-up, an app's whole configuration included. */
  static final int MAX_LOOKUP = 1 << 20;

  /** Longest time for one listing. */
  static final long MAX_LISTING_NANOS = 60_000_000_000L;

  /** Rows of one page; Fn gives no more. */
  private static final int PER_PAGE = 100;

  private static final String APPS = "/v2/apps";

  private final FnConfig config;
  private final NodeRegistry registry;
  private final BoundedGet get;
  private final LongSupplier clock;
  private final AtomicInteger turn = new AtomicInteger();
  private volatile boolean available = true;

  /**
   * Creates a client.
   *
   * @param config where the API is, and how much of it is taken in
   * @param registry the nodes
   * @param get asks; closed by the caller
   * @param clock nanoseconds, monotonic
   */
  public FnApi(FnConfig config, NodeRegistry registry, BoundedGet get, LongSupplier clock) {
    this.config = config;
    this.registry = registry;
    this.get = get;
    this.clock = clock;
  }

  /** Whether there is somebody to ask, and the last listing has not failed. */
  @Override
  public boolean available() {
    return available && config.api().place() != ApiAddress.Place.OFF && isReachable();
  }

  /** Whether there is somebody to ask. */
  boolean isReachable() {
    return config.api().place() != ApiAddress.Place.NODES || registry.table().nodes().size() > 0;
  }

  /** Told by whoever lists. */
  void available(boolean now) {
    available = now;
  }

  /** A question to one server. */
  private interface Question<T> {
    T ask(Place place) throws InterruptedException;
  }

  @Override
  public @Nullable Found find(TriggerPath trigger) throws InterruptedException {
    long askedNanos = clock.getAsLong();
    Answer<Found> answer = anywhere(place -> new Answer<>(find(place, trigger, askedNanos)));
    return answer.value();
  }

  private record Answer<T>(@Nullable T value) {}

  private @Nullable Found find(Place place, TriggerPath trigger, long askedNanos)
      throws InterruptedException {
    Page apps = page(place, APPS + "?name=" + TriggerPath.encoded(trigger.app()), MAX_LOOKUP);
    Row app = null;
    for (Row row : apps.rows()) {
      app = row.name().equals(trigger.app()) ? row : app;
    }
    if (app == null) {
      return null;
    }
    // The source keeps its slash, so there are two.
    Row found =
        get.get(
            place,
            "/v2/runner/apps/"
                + TriggerPath.encoded(app.id())
                + "/triggerBySource/http/"
                + TriggerPath.encoded(trigger.source()),
            MAX_LOOKUP,
            answer -> {
              if (answer.status().code() == 404) {
                return Row.NONE;
              }
              check(answer.status().code());
              return ApiRows.one(answer.body());
            });
    if (found.equals(Row.NONE)) {
      return null;
    }
    if (!FunctionTable.isId(found.fnId())) {
      throw new FnApiFailure("a trigger without a function", false);
    }
    return new Found(found.fnId(), new Stamps("", app.updatedAt()), askedNanos);
  }

  /**
   * Lists all functions and triggers, as far as they are to be remembered.
   *
   * @throws FnApiFailure if any part of it fails
   * @throws InterruptedException if the thread is interrupted
   */
  FnListing list() throws InterruptedException {
    return anywhere(this::list);
  }

  private FnListing list(Place place) throws InterruptedException {
    long askedNanos = clock.getAsLong();
    Map<String, Stamps> functions = new HashMap<>();
    Map<String, String> triggers = new HashMap<>();
    Pages apps = new Pages(place, APPS, askedNanos);
    boolean whole = true;
    while (apps.more() && whole) {
      for (Row app : apps.next()) {
        String filter = "?app_id=" + TriggerPath.encoded(app.id());
        Pages fns = new Pages(place, "/v2/fns" + filter, askedNanos);
        while (fns.more() && functions.size() <= config.maxFunctions()) {
          for (Row fn : fns.next()) {
            if (FunctionTable.isId(fn.id())) {
              functions.put(fn.id(), new Stamps(fn.updatedAt(), app.updatedAt()));
            }
          }
        }
        Pages sources = new Pages(place, "/v2/triggers" + filter, askedNanos);
        while (sources.more() && triggers.size() <= config.maxTriggers()) {
          for (Row row : sources.next()) {
            add(triggers, app, row);
          }
        }
        whole &= !fns.more() && !sources.more();
      }
    }
    return new FnListing(functions, triggers, whole, askedNanos);
  }

  private static void add(Map<String, String> triggers, Row app, Row row) {
    if (!row.type().equals("http")
        || !row.source().startsWith("/")
        || app.name().isEmpty()
        || !FunctionTable.isId(row.fnId())) {
      return;
    }
    TriggerPath trigger = new TriggerPath(app.name(), row.source());
    triggers.put(trigger.path(), row.fnId());
    String other = trigger.shortPath();
    if (other != null) {
      triggers.put(other, row.fnId());
    }
  }

  /** The pages of one list. */
  private final class Pages {
    private final Place place;
    private final String target;
    private final long untilNanos;
    private final Set<String> cursors = new HashSet<>();
    private String cursor = "";
    private boolean more = true;

    Pages(Place place, String target, long askedNanos) {
      this.place = place;
      this.target = target;
      this.untilNanos = askedNanos + MAX_LISTING_NANOS;
    }

    boolean more() {
      return more;
    }

    List<Row> next() throws InterruptedException {
      if (clock.getAsLong() - untilNanos > 0) {
        throw new FnApiFailure("it takes more than a minute to list everything", false);
      }
      String paged =
          target
              + (target.indexOf('?') < 0 ? "?" : "&")
              + "per_page="
              + PER_PAGE
              + (cursor.isEmpty() ? "" : "&cursor=" + TriggerPath.encoded(cursor));
      Page page = page(place, paged, MAX_PAGE);
      cursor = page.cursor();
      more = !cursor.isEmpty();
      if (more && (page.rows().isEmpty() || !cursors.add(cursor))) {
        throw new FnApiFailure("pages of " + target + " that never end", false);
      }
      return page.rows();
    }
  }

  private Page page(Place place, String target, int most) throws InterruptedException {
    return get.get(
        place,
        target,
        most,
        answer -> {
          if (answer.status().code() == 404) {
            // Of an app that has just been deleted, or of a server that has no API.
            if (!target.startsWith(APPS)) {
              return Page.NONE;
            }
            throw new FnApiFailure("status 404", true);
          }
          check(answer.status().code());
          return ApiRows.page(answer.body());
        });
  }

  private static void check(int status) {
    if (status != 200) {
      throw new FnApiFailure("status " + status, false);
    }
  }

  /** Asks one server after the other, until one answers. */
  private <T> T anywhere(Question<T> question) throws InterruptedException {
    List<Place> places = places();
    List<String> reasons = new ArrayList<>();
    boolean absent = !places.isEmpty();
    for (Place place : places) {
      try {
        return question.ask(place);
      } catch (BoundedGet.Failure e) {
        absent = false;
        reasons.add(place + ": " + e.getMessage());
      } catch (FnApiFailure e) {
        absent &= e.absent();
        reasons.add(place + ": " + e.getMessage());
      }
    }
    throw new FnApiFailure(
        reasons.isEmpty() ? "no node is healthy" : String.join("; ", reasons), absent);
  }

  private List<Place> places() {
    ApiAddress api = config.api();
    if (api.place() != ApiAddress.Place.NODES) {
      return List.of(new Place(api.place() == ApiAddress.Place.HTTPS, api.host(), api.port()));
    }
    NodeSet nodes = registry.table().nodes();
    List<Place> places = new ArrayList<>();
    int first = turn.getAndIncrement();
    for (int i = 0; i < Math.min(nodes.size(), MAX_NODES); i++) {
      int index = Math.floorMod(first + i, nodes.size());
      places.add(
          new Place(false, nodes.node(index).address().host(), nodes.node(index).address().port()));
    }
    return places;
  }
}
