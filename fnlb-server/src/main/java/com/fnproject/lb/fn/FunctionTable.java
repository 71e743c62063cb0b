package com.fnproject.lb.fn;

import com.fnproject.lb.fn.FnListing.Stamps;
import com.fnproject.lb.fn.TriggerLookups.End;
import com.fnproject.lb.fn.TriggerLookups.Found;
import com.fnproject.lb.node.CallListener;
import com.fnproject.lb.node.Node;
import com.fnproject.lb.spi.Outcome;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.RoutingCall;
import com.fnproject.lb.spi.RoutingResult;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The functions that are called, with what the routing policy keeps for each. Whatever calls a
 * function whose id is known, {@code /invoke/{id}} or a trigger, gets the one record whose key is
 * {@code /invoke/} and the id; any other path gets a record of its own, whose key is the path. Each
 * kind has a bound of its own, so that paths that clients invent push out no function. Thread-safe;
 * a path that is known costs one look-up in a cache and no lock.
 *
 * <p>What is known comes from Fn's API (a {@link FnListing} now and then, and a look-up while the
 * first call on a trigger waits) and from calls that ran.
 */
public final class FunctionTable implements CallListener, AutoCloseable {

  /** A path takes one place for each so many characters that it has or begins. */
  static final int PATH_PER_PLACE = 256;

  /**
   * How long a trigger that was not found, or could not be looked up, is not looked up again; a Fn
   * server's own cache holds a "not found" for as long.
   */
  static final long NEGATIVE_NANOS = 5_000_000_000L;

  private static final String INVOKE = "/invoke/";

  /** The longest id of a function that is believed; Fn's own have 26 characters. */
  private static final int MAX_ID = 64;

  /** One of so many calls on a trigger counts as a use of its function; a power of two. */
  private static final int HITS_PER_USE = 16;

  /** A function that exists. */
  private static final class Known {
    final FnFunction function;
    volatile boolean forgotten;

    /** Read and written under the table's lock. */
    Stamps stamps = Stamps.NONE;

    /** When they were asked for; under the table's lock. */
    long stampedNanos;

    /** When that was asked for which proves that it exists; under the table's lock. */
    long askedNanos;

    Known(FnFunction function, long askedNanos) {
      this.function = function;
      this.stampedNanos = askedNanos;
      this.askedNanos = askedNanos;
    }

    void provenAt(long nanos) {
      askedNanos = nanos - askedNanos > 0 ? nanos : askedNanos;
    }
  }

  /** A trigger and what it calls. */
  private static final class Trigger {
    final Known known;
    final long askedNanos;

    /** Counted by whoever calls; some are lost, which does not matter. */
    int hits;

    Trigger(Known known, long askedNanos) {
      this.known = known;
      this.askedNanos = askedNanos;
    }
  }

  /** A path of which no function is known. */
  private static final class Unknown {
    final FnFunction function;
    volatile long lookUpNanos;

    /** Whether a call has, or soon will have, the record. */
    volatile boolean used;

    Unknown(FnFunction function, long lookUpNanos) {
      this.function = function;
      this.lookUpNanos = lookUpNanos;
    }
  }

  private record Merged(FnFunction from, FnFunction into) {}

  private final @Nullable Readings readings;
  private final LongSupplier clock;
  private final BiConsumer<RoutedFunction, RoutedFunction> merged;
  private final TriggerLookups lookUps;
  private final int maxFunctions;
  private final int maxTriggers;
  private final Counter functionsLimit;
  private final Counter triggersLimit;

  /** By key. */
  private final Cache<String, Known> functions;

  /** By path. */
  private final Cache<String, Trigger> triggers;

  /** By path. */
  private final LoadingCache<String, Unknown> paths;

  /** Held while what is known changes; calls never take it but for the first that ran. */
  private final ReentrantLock learning = new ReentrantLock();

  /**
   * Creates an empty table.
   *
   * @param config its bounds
   * @param api looks triggers up
   * @param merged told when a path's record was given up for a function's; no lock of the table's
   *     is held
   * @param readings what functions' warmth is taken from; null if nothing is read
   * @param clock nanoseconds, monotonic
   * @param meters where look-ups and reached limits are counted
   */
  public FunctionTable(
      FnConfig config,
      FnApi api,
      BiConsumer<RoutedFunction, RoutedFunction> merged,
      @Nullable Readings readings,
      LongSupplier clock,
      MeterRegistry meters) {
    this(config, (TriggerLookups.Source) api, merged, readings, clock, meters);
  }

  FunctionTable(
      FnConfig config,
      TriggerLookups.Source source,
      BiConsumer<RoutedFunction, RoutedFunction> merged,
      @Nullable Readings readings,
      LongSupplier clock,
      MeterRegistry meters) {
    this.readings = readings;
    this.clock = clock;
    this.merged = merged;
    maxFunctions = config.maxFunctions();
    maxTriggers = config.maxTriggers();
    functionsLimit = limit(meters, "max-functions");
    triggersLimit = limit(meters, "max-triggers");
    Counter pathsLimit = limit(meters, "max-paths");
    // Upkeep runs on the threads that use the table: there is none of its own to name and to end.
    functions =
        Caffeine.newBuilder()
            .maximumSize(maxFunctions)
            .executor(Runnable::run)
            .evictionListener(this::evicted)
            .build();
    triggers =
        Caffeine.newBuilder()
            .maximumWeight(maxTriggers)
            .weigher((String path, Trigger trigger) -> places(path))
            .executor(Runnable::run)
            .evictionListener((path, trigger, cause) -> triggersLimit.increment())
            .build();
    paths =
        Caffeine.newBuilder()
            .maximumWeight(config.maxPaths())
            .weigher((String path, Unknown unknown) -> places(path))
            .executor(Runnable::run)
            .evictionListener((path, unknown, cause) -> pathsLimit.increment())
            .build(path -> new Unknown(new FnFunction(path, readings), clock.getAsLong()));
    meters.getOrCreate(
        Gauge.builder("fnlb.triggers", triggers::estimatedSize)
            .description("Triggers whose function is known"));
    lookUps = new TriggerLookups(source, config, clock, meters, this::lookedUp);
  }

  private void evicted(@Nullable String key, @Nullable Known known, RemovalCause cause) {
    functionsLimit.increment();
    if (known != null) {
      known.forgotten = true;
    }
  }

  static Counter limit(MeterRegistry meters, String setting) {
    return meters.getOrCreate(
        Counter.builder("fnlb.limits")
            .description("Times a limit was reached, by the setting that sets it")
            .tags(List.of(Tag.create("limit", setting))));
  }

  private static int places(String path) {
    return 1 + path.length() / PATH_PER_PLACE;
  }

  /**
   * Whether a path calls a function: {@code /invoke/…}, {@code /t/…}, and {@code /r/…} of Fn
   * servers before September 2018. Everything else, such as {@code /v2/…}, any node can answer.
   *
   * @param path a decoded path
   * @return true if where it goes matters
   */
  public static boolean isInvocation(String path) {
    return path.startsWith("/t/") || path.startsWith(INVOKE) || path.startsWith("/r/");
  }

  /**
   * The function that a path calls. Blocks for at most {@link FnConfig#triggerWait()} if the path
   * is that of a trigger that is looked up for the first time.
   *
   * @param path a decoded path that {@link #isInvocation}
   * @return the same object for as long as the function is remembered and no more becomes known of
   *     the path
   */
  public FnFunction function(String path) {
    if (path.startsWith(INVOKE)) {
      Known known = functions.getIfPresent(path);
      return known != null ? known.function : paths.get(path).function;
    }
    FnFunction function = triggered(path);
    if (function != null) {
      return function;
    }
    Unknown unknown = paths.get(path);
    if (clock.getAsLong() - unknown.lookUpNanos >= 0 && lookUps.await(path)) {
      function = triggered(path);
      if (function != null) {
        return function;
      }
    }
    unknown.used = true;
    return unknown.function;
  }

  private @Nullable FnFunction triggered(String path) {
    Trigger trigger = triggers.getIfPresent(path);
    if (trigger == null || trigger.known.forgotten) {
      return null;
    }
    FnFunction function = trigger.known.function;
    // Not each time: a second look-up is what a call is spared.
    if ((trigger.hits++ & (HITS_PER_USE - 1)) == 0) {
      Known unused = functions.getIfPresent(function.key());
    }
    return function;
  }

  /**
   * What stands in for a function where a call has none; not remembered.
   *
   * @param path a decoded path
   * @return a new object
   */
  public static FnFunction unremembered(String path) {
    return new FnFunction(path);
  }

  /** A call that ran proves that the function of its id exists, whether or not there is an API. */
  @Override
  public void onAttempt(RoutingCall call, Node node, RoutingResult result) {
    // Only 200: an invented path may be redirected, and a function's own status is not told here.
    if (result.outcome() == Outcome.RAN
        && result.status() == 200
        && call.function() instanceof FnFunction function
        && !function.proven()) {
      proven(function);
    }
  }

  private void proven(FnFunction function) {
    function.prove();
    String key = function.key();
    if (!key.startsWith(INVOKE) || !isId(key.substring(INVOKE.length()))) {
      return;
    }
    learning.lock();
    try {
      if (functions.getIfPresent(key) == null) {
        Known unused = admit(key, function, clock.getAsLong());
      }
    } finally {
      learning.unlock();
    }
  }

  static boolean isId(String text) {
    return !text.isEmpty() && text.length() <= MAX_ID && text.indexOf('/') < 0;
  }

  @GuardedBy("learning")
  private Known admit(String key, FnFunction function, long askedNanos) {
    Known known = new Known(function, askedNanos);
    function.prove();
    functions.put(key, known);
    paths.invalidate(key);
    return known;
  }

  /** The function of this id, which exists; its record is that of its path, if there is one. */
  @GuardedBy("learning")
  private Known known(String id, long askedNanos) {
    String key = INVOKE + id;
    Known known = functions.getIfPresent(key);
    if (known == null) {
      Unknown unknown = paths.getIfPresent(key);
      return admit(
          key, unknown == null ? new FnFunction(key, readings) : unknown.function, askedNanos);
    }
    known.provenAt(askedNanos);
    return known;
  }

  private void lookedUp(String path, End end, @Nullable Found found) {
    if (found == null) {
      Unknown unknown = paths.getIfPresent(path);
      if (unknown != null) {
        unknown.lookUpNanos = clock.getAsLong() + NEGATIVE_NANOS;
      }
      return;
    }
    List<Merged> merges = new ArrayList<>();
    learning.lock();
    try {
      Known known = known(found.functionId(), found.askedNanos());
      stamp(known, found.stamps(), found.askedNanos());
      point(path, known, found.askedNanos(), merges);
    } finally {
      learning.unlock();
    }
    tell(merges);
  }

  /**
   * Takes in what there is in the cluster. What a whole listing does not have, and was not proven
   * to exist after the listing began, is forgotten.
   *
   * @param listing what was listed
   */
  void listed(FnListing listing) {
    List<Merged> merges = new ArrayList<>();
    learning.lock();
    try {
      for (Map.Entry<String, Stamps> entry : listing.functions().entrySet()) {
        listFunction(entry.getKey(), entry.getValue(), listing.askedNanos());
      }
      for (Map.Entry<String, String> entry : listing.triggers().entrySet()) {
        listTrigger(entry.getKey(), entry.getValue(), listing.askedNanos(), merges);
      }
      if (listing.whole()) {
        forget(listing);
      }
    } finally {
      learning.unlock();
    }
    tell(merges);
  }

  // What is listed pushes nothing out: that is for what is called.
  @GuardedBy("learning")
  private void listFunction(String id, Stamps stamps, long askedNanos) {
    Known known = functions.policy().getIfPresentQuietly(INVOKE + id);
    if (known == null) {
      if (functions.estimatedSize() >= maxFunctions) {
        functionsLimit.increment();
        return;
      }
      known = known(id, askedNanos);
    }
    known.provenAt(askedNanos);
    stamp(known, stamps, askedNanos);
  }

  @GuardedBy("learning")
  private void listTrigger(String path, String id, long askedNanos, List<Merged> merges) {
    Known known = functions.policy().getIfPresentQuietly(INVOKE + id);
    if (known == null) {
      return;
    }
    Trigger trigger = triggers.policy().getIfPresentQuietly(path);
    if (trigger == null && triggers.estimatedSize() >= maxTriggers) {
      triggersLimit.increment();
      return;
    }
    if (trigger == null || (trigger.known != known && trigger.askedNanos - askedNanos <= 0)) {
      point(path, known, askedNanos, merges);
    }
  }

  @GuardedBy("learning")
  private void point(String path, Known known, long askedNanos, List<Merged> merges) {
    triggers.put(path, new Trigger(known, askedNanos));
    Unknown unknown = paths.asMap().remove(path);
    if (unknown != null && unknown.used) {
      merges.add(new Merged(unknown.function, known.function));
    }
  }

  @GuardedBy("learning")
  private void stamp(Known known, Stamps stamps, long askedNanos) {
    if (askedNanos - known.stampedNanos < 0) {
      return;
    }
    known.stampedNanos = askedNanos;
    if (stamps.contradicts(known.stamps)) {
      known.function.changed();
    }
    known.stamps = stamps.over(known.stamps);
  }

  @GuardedBy("learning")
  private void forget(FnListing listing) {
    for (Map.Entry<String, Trigger> entry : triggers.asMap().entrySet()) {
      Trigger trigger = entry.getValue();
      if (trigger.known.forgotten
          || (!listing.triggers().containsKey(entry.getKey())
              && trigger.askedNanos - listing.askedNanos() < 0)) {
        triggers.invalidate(entry.getKey());
      }
    }
    Set<String> gone = new HashSet<>();
    for (Map.Entry<String, Known> entry : functions.asMap().entrySet()) {
      Known known = entry.getValue();
      if (!listing.functions().containsKey(entry.getKey().substring(INVOKE.length()))
          && known.askedNanos - listing.askedNanos() < 0) {
        known.forgotten = true;
        gone.add(entry.getKey());
      }
    }
    functions.invalidateAll(gone);
  }

  private void tell(List<Merged> merges) {
    for (Merged merge : merges) {
      merged.accept(merge.from(), merge.into());
    }
  }

  /** Places that paths of no known function take, at most as many as they were given. */
  long pathPlaces() {
    paths.cleanUp();
    return paths.policy().eviction().orElseThrow().weightedSize().orElseThrow();
  }

  /** Ends the look-ups that are under way. Blocks for 5 seconds at most. */
  @Override
  public void close() {
    lookUps.close();
  }
}
