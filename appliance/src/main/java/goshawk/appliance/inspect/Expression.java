package goshawk.appliance.inspect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of byte strings, as {@link Expressions} makes it. Equal ones are the same object, so that its number can stand for
 * it.
 */
final class Expression {

    /** How many times may be unbounded. */
    static final int UNBOUNDED = Integer.MAX_VALUE;

    enum Kind {
        /** No string. */
        NOTHING,
        /** The empty string. */
        EMPTY,
        /** One byte of {@link #bytes}. */
        BYTES,
        /** First part, then second part. The first is never of this kind. */
        THEN,
        /** Any of the parts. */
        EITHER,
        /** The part, {@link #least} to {@link #most} times. */
        REPEAT,
        /** What is in both parts. */
        BOTH,
        /** The definition with number {@link #least}, which may hold this name in turn. Never the empty string. */
        NAME
    }

    final int id;
    final Kind kind;
    final List<Expression> parts;
    /** 256 bits; none but for {@link Kind#BYTES}. */
    final List<Long> bytes;

    final int least;
    final int most;
    /** True when the empty string is in it. */
    final boolean isNullable;

    /** By class of bytes: what may follow it; null where not yet worked out. Filled under the lock of {@link Expressions}. */
    @Nullable
    Expression @Nullable [] next;

    Expression(int id, Expressions.Shape shape) {
        this.id = id;
        this.kind = shape.kind();
        this.parts = shape.parts();
        this.bytes = shape.bytes();
        this.least = shape.least();
        this.most = shape.most();
        this.isNullable = switch (kind) {
            case NOTHING, BYTES, NAME -> false;
            case EMPTY -> true;
            case THEN, BOTH -> parts.stream().allMatch(part -> part.isNullable);
            case EITHER -> parts.stream().anyMatch(part -> part.isNullable);
            case REPEAT -> least == 0;
        };
    }

    Expression first() {
        return parts.getFirst();
    }

    Expression second() {
        return parts.get(1);
    }

    boolean has(int value) {
        return (bytes.get(value / 64) >>> (value % 64) & 1) != 0;
    }
}
