package com.fnproject.lb.routing;

import com.fnproject.lb.fn.FnFunction;
import com.fnproject.lb.fn.FunctionTable;

/** A call that nobody makes, for a router to choose nodes for. */
final class PlainCall extends BookedCall {

  private final FnFunction function;

  PlainCall(Router router) {
    this(router, FunctionTable.unremembered("/t/a/b"));
  }

  PlainCall(Router router, FnFunction function) {
    super(router, 3);
    this.function = function;
  }

  @Override
  public FnFunction function() {
    return function;
  }

  @Override
  public int attempt() {
    return 1;
  }

  @Override
  public String method() {
    return "POST";
  }

  @Override
  public String path() {
    return function.key();
  }

  @Override
  public String header(String name) {
    return null;
  }
}
