package goshawk.appliance.inspect;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A set of Unicode characters; surrogates are none.
 *
 * @param ranges ascending and apart from each other
 */
record CodePoints(List<Range> ranges) {

    static final int LAST = 0x10ffff;

    private static final int FIRST_SURROGATE = 0xd800;
    private static final int LAST_SURROGATE = 0xdfff;

    /** Both included. */
    record Range(int from, int to) {}

    static final CodePoints NONE = new CodePoints(List.of());
    static final CodePoints ALL = of(0, LAST);

    CodePoints {
        ranges = List.copyOf(ranges);
    }

    static CodePoints of(int from, int to) {
        List<Range> ranges = new ArrayList<>();
        add(ranges, from, Math.min(to, FIRST_SURROGATE - 1));
        add(ranges, Math.max(from, LAST_SURROGATE + 1), to);
        return new CodePoints(ranges);
    }

    static CodePoints of(String characters) {
        return characters.codePoints().mapToObj(one -> of(one, one)).reduce(NONE, CodePoints::or);
    }

    private static void add(List<Range> ranges, int from, int to) {
        if (from <= to) {
            ranges.add(new Range(from, to));
        }
    }

    CodePoints or(CodePoints other) {
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.addAll(other.ranges);
        sorted.sort(Comparator.comparingInt(Range::from));
        List<Range> joined = new ArrayList<>();
        for (Range range : sorted) {
            if (!joined.isEmpty() && joined.getLast().to() >= range.from() - 1) {
                Range last = joined.removeLast();
                joined.add(new Range(last.from(), Math.max(last.to(), range.to())));
            } else {
                joined.add(range);
            }
        }
        return new CodePoints(joined);
    }

    CodePoints not() {
        CodePoints others = NONE;
        int from = 0;
        for (Range range : ranges) {
            others = others.or(of(from, range.from() - 1));
            from = range.to() + 1;
        }
        return others.or(of(from, LAST));
    }

    CodePoints and(CodePoints other) {
        return not().or(other.not()).not();
    }

    CodePoints minus(CodePoints other) {
        return and(other.not());
    }

    boolean has(int codePoint) {
        return ranges.stream().anyMatch(range -> range.from() <= codePoint && codePoint <= range.to());
    }
}
