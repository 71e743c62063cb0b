package com.fnproject.lb.fn;

import java.util.Map;

/**
 * All functions and triggers of a cluster, as its API has told.
 *
 * @param functions by id
 * @param triggers the id of the function, by path
 * @param whole whether it has everything, so that what it does not have does not exist
 * @param askedNanos when the first question was asked
 */
record FnListing(
    Map<String, Stamps> functions, Map<String, String> triggers, boolean whole, long askedNanos) {

  /**
   * When something was last changed, as Fn writes it.
   *
   * @param function the function's {@code updated_at}; empty = not told
   * @param app its app's; empty = not told
   */
  record Stamps(String function, String app) {

    static final Stamps NONE = new Stamps("", "");

    /** These, and where they do not tell, the earlier ones. */
    Stamps over(Stamps earlier) {
      return new Stamps(
          function.isEmpty() ? earlier.function : function, app.isEmpty() ? earlier.app : app);
    }

    /** Whether both tell of something and it differs. */
    boolean contradicts(Stamps earlier) {
      return differ(function, earlier.function) || differ(app, earlier.app);
    }

    private static boolean differ(String a, String b) {
      return !a.isEmpty() && !b.isEmpty() && !a.equals(b);
    }
  }
}
