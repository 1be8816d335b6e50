package goshawk.camera.sim;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What a simulated part is: good, or bad in one named way. Ordered by severity: of two defects the later one names the part. */
public enum PartKind {
    GOOD("good"),
    SCRATCH("scratch"),
    DENT("dent"),
    BAD_LABEL("bad_label"),
    CRACK("crack"),
    WRONG_BOLT("wrong_bolt"),
    CROSS_THREADED("cross_threaded"),
    MISSING_BOLT("missing_bolt"),
    /** Something opaque lies where a look is needed: nobody can say whether the part is good. */
    OBSCURED("obscured");

    private final String code;

    PartKind(String code) {
        this.code = code;
    }

    /** The name in {@code truth.csv}. Written out: renaming a constant must not rewrite files. */
    public String code() {
        return code;
    }

    /**
     * @throws IllegalArgumentException for a code that no kind has; the message lists all
     */
    public static PartKind of(String code) {
        return Arrays.stream(values())
                .filter(kind -> kind.code.equals(code))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such kind of part: %s (known: %s)"
                        .formatted(
                                code,
                                Arrays.stream(values()).map(PartKind::code).collect(Collectors.joining(", ")))));
    }
}
