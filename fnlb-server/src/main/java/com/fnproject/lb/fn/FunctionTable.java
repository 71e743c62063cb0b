package com.fnproject.lb.fn;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;

/**
 * The functions that calls were made to, by path, with what the routing policy keeps for each.
 * Bounded; the least used are forgotten first, so that paths that a client invents do not push out
 * real ones. Thread-safe, takes no lock on a look-up that succeeds.
 */
public final class FunctionTable {

  /** A path takes one place for each so many characters that it has or begins. */
  static final int PATH_PER_PLACE = 256;

  private final LoadingCache<String, FnFunction> functions;

  /**
   * Creates an empty table.
   *
   * @param maxFunctions the most functions that are remembered; 1 or more. Fewer if their paths are
   *     longer than {@value #PATH_PER_PLACE} characters, so that no client can fill the memory
   */
  public FunctionTable(int maxFunctions) {
    // Upkeep runs on the threads that use the table: there is none of its own to name and to end.
    functions =
        Caffeine.newBuilder()
            .maximumWeight(maxFunctions)
            .weigher((String path, FnFunction function) -> 1 + path.length() / PATH_PER_PLACE)
            .executor(Runnable::run)
            .build(FnFunction::new);
  }

  /**
   * Whether a path calls a function: {@code /invoke/…}, {@code /t/…}, and {@code /r/…} of Fn
   * servers before September 2018. Everything else, such as {@code /v2/…}, any node can answer.
   *
   * @param path a decoded path
   * @return true if where it goes matters
   */
  public static boolean isInvocation(String path) {
    return path.startsWith("/t/") || path.startsWith("/invoke/") || path.startsWith("/r/");
  }

  /**
   * The function that a path calls.
   *
   * @param path a decoded path that {@link #isInvocation}
   * @return the same object for as long as the function is remembered
   */
  public FnFunction function(String path) {
    return functions.get(path);
  }

  /** Places taken, at most the number of functions that the table was made for. */
  long places() {
    functions.cleanUp();
    return functions.policy().eviction().orElseThrow().weightedSize().orElseThrow();
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
}
