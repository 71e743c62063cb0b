package com.fnproject.lb.lab;

import java.time.Duration;
import java.util.List;

/** Where the demo is seen. Used by one thread, but for {@link #close()}. */
interface Display extends AutoCloseable {

  /** How often there shall be something new to see. */
  Duration period();

  /** Begins. */
  void open(List<String> introduction);

  /** Shows what is now; false when nobody can see it any more. */
  boolean show(Board board);

  /** Shows no more and leaves the terminal as it was. May be called by any thread, and again. */
  @Override
  void close();
}
