package goshawk.appliance.domain;

import goshawk.camera.Cause;
import java.util.List;

/**
 * The decision on one part.
 *
 * <p>Only {@link Pass} lets the part go on: a part nobody looked at is not a good part. A new kind of verdict does not
 * compile until {@link #releasesPart()} says what it does.
 */
public sealed interface Verdict {

    record Pass() implements Verdict {}

    record Reject(List<Finding> findings) implements Verdict {
        public Reject {
            findings = List.copyOf(findings);
            if (findings.isEmpty()) {
                throw new IllegalArgumentException("a reject needs a finding");
            }
        }
    }

    /** Doubtful: an operator decides. */
    record Review(List<Finding> findings) implements Verdict {
        public Review {
            findings = List.copyOf(findings);
        }
    }

    record NotInspected(Cause cause, String detail) implements Verdict {}

    default boolean releasesPart() {
        return switch (this) {
            case Pass() -> true;
            case Reject(var _), Review(var _), NotInspected(var _, var _) -> false;
        };
    }

    /** The name in messages and in the store. Written out, so that renaming a class cannot rewrite history. */
    default String code() {
        return switch (this) {
            case Pass() -> "PASS";
            case Reject(var _) -> "REJECT";
            case Review(var _) -> "REVIEW";
            case NotInspected(var _, var _) -> "NOT_INSPECTED";
        };
    }
}
