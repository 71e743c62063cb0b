package com.fnproject.lb.admin;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Why a request to the {@link AdminService} is not granted. The message is for the one who sent it:
 * one line of printable ASCII.
 */
public final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What sort of fault it is; each skin has a status for each. */
  public enum Kind {
    /** The request can never be granted; {@link #violations()} says why. */
    INVALID_ARGUMENT,

    /** The node is not in the cluster. */
    NOT_FOUND,

    /** The node to be added is in the cluster, and is not as it was asked for. */
    ALREADY_EXISTS,

    /** The node's revision is not the one that the change was meant for. */
    FAILED_PRECONDITION,

    /** There are as many nodes, or watches, as there may be. */
    RESOURCE_EXHAUSTED,

    /** The balancer is about to end. */
    UNAVAILABLE
  }

  /**
   * What is wrong with one field.
   *
   * @param field {@code node}, {@code state}, {@code weight}, {@code labels}, {@code revision},
   *     {@code page_size}, {@code page_token}
   * @param description what it is and what was expected, without the field's name
   */
  public record Violation(String field, String description) {}

  private final Kind kind;
  private final transient List<Violation> violations;
  private final String message;

  AdminException(Kind kind, String message) {
    this(kind, message, List.of());
  }

  /**
   * A request with fields that cannot be.
   *
   * @param violations what is wrong, at least one
   */
  AdminException(List<Violation> violations) {
    this(
        Kind.INVALID_ARGUMENT,
        violations.stream()
            .map(violation -> "key '" + violation.field() + "': " + violation.description())
            .collect(Collectors.joining("; ")),
        List.copyOf(violations));
  }

  private AdminException(Kind kind, String message, List<Violation> violations) {
    super(message, null, false, false);
    this.kind = kind;
    this.message = message;
    this.violations = violations;
  }

  /** What sort of fault it is. */
  public Kind kind() {
    return kind;
  }

  /** The fields at fault, of {@link Kind#INVALID_ARGUMENT} only; possibly none even then. */
  public List<Violation> violations() {
    return violations;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
