package goshawk.appliance.inspect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The verdict's JSON, without white space and with its members in this order:
 *
 * <pre>
 * {"verdict":"PASS"}
 * {"verdict":"REVIEW"}
 * {"verdict":"REJECT","findings":[{"defect":"CODE","box":[x0,y0,x1,y1]},…]}
 * </pre>
 *
 * Of findings there are 1 to {@value #MOST_FINDINGS}; CODE is one of the prompt's; the numbers are whole, in [0, 1000],
 * without leading zeros, x0 &lt; x1 and y0 &lt; y1. The order of the findings, by rows, is learnt and not enforced.
 *
 * <p>A state is a node of one of two trees, up to the first finding and from a finding's brace to its box, or the box:
 * which number, its digits so far, and the two numbers that later ones must exceed. Within the list, it also has how
 * many findings were begun before.
 */
public final class VerdictGrammar implements Grammar {

    /** How every answer begins. The model's first choice comes after it. */
    static final String OPENING = "{\"verdict\":\"";

    static final int LARGEST = 1_000;

    static final int MOST_FINDINGS = 16;

    /** Answer of {@link #findingsBegun} where no finding may follow. */
    static final int CLOSED = -1;

    private static final Pattern FINDING =
            Pattern.compile("\\{\"defect\":\"([^\"]*)\",\"box\":\\[(\\d+),(\\d+),(\\d+),(\\d+)\\]\\}");
    private static final String SEPARATORS = ",,,]";
    private static final int END = 1;
    private static final int AFTER_BOX = 2;
    private static final int AFTER_FINDING = 3;
    private static final int AFTER_LIST = 4;
    /** Where an edge leads to that leaves its tree: to the list, or into a box. */
    private static final int TO_LIST = 5;

    private static final int TO_BOX = 6;
    private static final int FIRST_NODE = 16;
    private static final long PLACE = 0xffff_ffffL;
    private static final int COUNT_SHIFT = 44;
    /** Set in states within the box. */
    private static final long BOX = 1L << 62;

    private final List<int[]> nodes = new ArrayList<>();
    private final int list;

    /**
     * A finding as the answer has it.
     *
     * @param x0 in [0, 1000) of the picture's width; the others likewise
     */
    public record Rejection(String defect, int x0, int y0, int x1, int y1) {}

    private VerdictGrammar(List<String> defects, List<String> withoutDefect) {
        if (defects.isEmpty()) {
            throw new IllegalArgumentException("a grammar of verdicts needs a defect code");
        }
        int root = newNode();
        withoutDefect.forEach(verdict -> add(root, OPENING + verdict + "\"}", END));
        add(root, OPENING + "REJECT\",\"findings\":[", TO_LIST);
        list = newNode();
        for (String defect : defects) {
            if (!defect.matches("[ !#-\\[\\]-~]+")) {
                throw new IllegalArgumentException(
                        "a defect code is of printable ASCII without quotes and backslashes, got '" + defect + "'");
            }
            add(list, "{\"defect\":\"" + defect + "\",\"box\":[", TO_BOX);
        }
    }

    /**
     * Any verdict.
     *
     * @param defects codes that a rejection may name, at least one, of printable ASCII without quotes and backslashes
     */
    public static VerdictGrammar of(List<String> defects) {
        return new VerdictGrammar(defects, List.of("PASS", "REVIEW"));
    }

    /** The same, with rejections only: for a model that is asked what it would reject, and where. */
    public static VerdictGrammar ofRejections(List<String> defects) {
        return new VerdictGrammar(defects, List.of());
    }

    /** What a whole answer of this grammar names, in its order; at least one when it is a rejection, otherwise none. */
    public List<Rejection> rejectionsIn(String answer) {
        long end = next(start(), answer.getBytes(StandardCharsets.UTF_8));
        if (end == REFUSED || !isEnd(end)) {
            throw new IllegalArgumentException("no verdict: " + answer);
        }
        return FINDING.matcher(answer)
                .results()
                .map(found -> new Rejection(
                        found.group(1), number(found, 2), number(found, 3), number(found, 4), number(found, 5)))
                .toList();
    }

    /**
     * How many findings a text that led to {@code state} has begun; the comma behind one begins the next. {@link #CLOSED}
     * once the list is closed.
     */
    int findingsBegun(long state) {
        int findings = (int) (state >> COUNT_SHIFT) & 0xff;
        int place = (int) (state & PLACE);
        if ((state & BOX) != 0 || place == AFTER_BOX || place == AFTER_FINDING) {
            return findings;
        }
        if (place == AFTER_LIST || place == END) {
            return CLOSED;
        }
        return place >= list + FIRST_NODE ? findings + 1 : 0; // the list's tree was made last
    }

    private static int number(MatchResult found, int group) {
        return Integer.parseInt(found.group(group));
    }

    /** Each node holds, by ASCII byte, where it leads to: a node, or one of the places before the first; 0 is nowhere. */
    private int newNode() {
        nodes.add(new int[128]);
        return nodes.size() - 1;
    }

    private void add(int root, String text, int target) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int node = root;
        for (int i = 0; i + 1 < bytes.length; i++) {
            int[] edges = nodes.get(node);
            if (edges[bytes[i]] == 0) {
                edges[bytes[i]] = newNode() + FIRST_NODE;
            }
            node = edges[bytes[i]] - FIRST_NODE;
        }
        nodes.get(node)[bytes[bytes.length - 1]] = target;
    }

    @Override
    public long start() {
        return FIRST_NODE;
    }

    @Override
    public boolean isEnd(long state) {
        return state == END;
    }

    @Override
    public long next(long state, int value) {
        if ((state & BOX) != 0) {
            return Box.of(state).next(value);
        }
        int findings = (int) (state >> COUNT_SHIFT);
        return switch ((int) (state & PLACE)) {
            case END -> REFUSED;
            case AFTER_BOX -> value == '}' ? in(findings, AFTER_FINDING) : REFUSED;
            case AFTER_FINDING -> afterFinding(findings, value);
            case AFTER_LIST -> value == '}' ? END : REFUSED;
            default -> value > 127 ? REFUSED : along(state, findings, value);
        };
    }

    private long afterFinding(int findings, int value) {
        if (value == ']') {
            return AFTER_LIST;
        }
        return value == ',' && findings < MOST_FINDINGS ? in(findings, list + FIRST_NODE) : REFUSED;
    }

    private long along(long state, int findings, int value) {
        int next = nodes.get((int) (state & PLACE) - FIRST_NODE)[value];
        return switch (next) {
            case 0 -> REFUSED;
            case END -> END;
            case TO_LIST -> in(0, list + FIRST_NODE);
            case TO_BOX -> new Box(findings + 1, 0, 0, 0, 0, 0).state();
            default -> in(findings, next);
        };
    }

    private static long in(int findings, int place) {
        return (long) findings << COUNT_SHIFT | place;
    }

    /**
     * Within the brackets.
     *
     * @param findings begun so far, this one included
     * @param index of the number that is being written, 0 to 3
     * @param digits of it so far
     * @param value of these digits
     * @param x0 the first number, once it is written
     * @param y0 the second number, once it is written
     */
    private record Box(int findings, int index, int digits, int value, int x0, int y0) {

        static Box of(long state) {
            return new Box(
                    (int) (state >> COUNT_SHIFT) & 0xff,
                    (int) (state >> 40) & 3,
                    (int) (state >> 36) & 7,
                    (int) (state >> 24) & 0xfff,
                    (int) (state >> 12) & 0xfff,
                    (int) state & 0xfff);
        }

        long state() {
            return BOX
                    | in(findings, y0)
                    | (long) index << 40
                    | (long) digits << 36
                    | (long) value << 24
                    | (long) x0 << 12;
        }

        long next(int c) {
            if (c >= '0' && c <= '9') {
                int longer = value * 10 + c - '0';
                boolean leadingZero = digits > 0 && value == 0;
                return leadingZero || digits == 4 || !canReach(longer)
                        ? REFUSED
                        : new Box(findings, index, digits + 1, longer, x0, y0).state();
            }
            if (c != SEPARATORS.charAt(index) || digits == 0 || value < least() || value > most()) {
                return REFUSED;
            }
            return switch (index) {
                case 0 -> new Box(findings, 1, 0, 0, value, 0).state();
                case 1 -> new Box(findings, 2, 0, 0, x0, value).state();
                case 2 -> new Box(findings, 3, 0, 0, x0, y0).state();
                default -> in(findings, AFTER_BOX);
            };
        }

        private int least() {
            return switch (index) {
                case 2 -> x0 + 1;
                case 3 -> y0 + 1;
                default -> 0;
            };
        }

        /** The first two leave room for a larger one. */
        private int most() {
            return index < 2 ? LARGEST - 1 : LARGEST;
        }

        /** True when these digits, or more after them, make a number that is allowed. */
        private boolean canReach(int number) {
            int low = number;
            int high = number;
            while (low <= most()) {
                if (high >= least()) {
                    return true;
                }
                if (number == 0) {
                    return false; // nothing follows a zero
                }
                low *= 10;
                high = high * 10 + 9;
            }
            return false;
        }
    }
}
