package com.fnproject.lb.fn;

import com.fnproject.lb.node.PolicyState;
import com.fnproject.lb.spi.RoutedFunction;
import com.fnproject.lb.spi.SipHash;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import java.util.function.Function;

/**
 * The functions that calls were made to, by path, with what the routing policy keeps for each.
 * Bounded; the least used are forgotten first, so that paths that a client invents do not push out
 * real ones. Thread-safe, takes no lock on a look-up that succeeds.
 */
public final class FunctionTable {

  /** A path takes one place for each so many characters that it has or begins. */
  static final int PATH_PER_PLACE = 256;

  private final LoadingCache<String, RoutedFunction> functions;

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
            .weigher((String path, RoutedFunction function) -> 1 + path.length() / PATH_PER_PLACE)
            .executor(Runnable::run)
            .build(KeyedFunction::new);
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
  public RoutedFunction function(String path) {
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
  public static RoutedFunction unremembered(String path) {
    return new KeyedFunction(path);
  }

  /** A function known by its path. */
  private static final class KeyedFunction implements RoutedFunction {

    private final String key;
    private final long hash;
    private final PolicyState policyState = new PolicyState();

    KeyedFunction(String key) {
      this.key = key;
      this.hash = SipHash.hash(key);
    }

    @Override
    public String key() {
      return key;
    }

    @Override
    public long hash() {
      return hash;
    }

    @Override
    public <S> S state(Function<? super RoutedFunction, S> first) {
      return policyState.get(this, first);
    }
  }
}
