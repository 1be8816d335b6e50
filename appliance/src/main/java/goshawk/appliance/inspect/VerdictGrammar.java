package goshawk.appliance.inspect;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The verdict's JSON, without white space and with its members in this order:
 *
 * <pre>
 * {"verdict":"PASS"}
 * {"verdict":"REVIEW"}
 * {"verdict":"REJECT","defect":"CODE","box":[x0,y0,x1,y1]}
 * </pre>
 *
 * CODE is one of the prompt's; the numbers are whole, in [0, 1000], without leading zeros, x0 &lt; x1 and y0 &lt; y1.
 *
 * <p>A state is the node of a tree over everything up to the box, or the box: which number, its digits so far, and the
 * two numbers that later ones must exceed.
 */
public final class VerdictGrammar implements Grammar {

    /** How every answer begins. The model's first choice comes after it. */
    static final String OPENING = "{\"verdict\":\"";

    static final int LARGEST = 1_000;

    private static final Pattern REJECTION = Pattern.compile(
            "\\{\"verdict\":\"REJECT\",\"defect\":\"(.*)\",\"box\":\\[(\\d+),(\\d+),(\\d+),(\\d+)\\]\\}");
    private static final String SEPARATORS = ",,,]";
    private static final int END = 1;
    private static final int CLOSING = 2;
    private static final int FIRST_NODE = 16;
    /** Set in states within the box. */
    private static final long BOX = 1L << 62;

    private final List<int[]> nodes = new ArrayList<>();
    private final List<String> defects;

    /**
     * A box as the answer has it.
     *
     * @param x0 in [0, 1000) of the picture's width; the others likewise
     */
    public record Rejection(String defect, int x0, int y0, int x1, int y1) {}

    private VerdictGrammar(List<String> defects, List<String> withoutDefect) {
        this.defects = List.copyOf(defects);
        if (defects.isEmpty()) {
            throw new IllegalArgumentException("a grammar of verdicts needs a defect code");
        }
        newNode();
        withoutDefect.forEach(verdict -> add(OPENING + verdict + "\"}", END));
        for (String defect : defects) {
            if (!defect.matches("[ !#-\\[\\]-~]+")) {
                throw new IllegalArgumentException(
                        "a defect code is of printable ASCII without quotes and backslashes, got '" + defect + "'");
            }
            add(rejection(defect), BOX);
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

    /** How the rejection with this code begins, up to its box. */
    private static String rejection(String defect) {
        return OPENING + "REJECT\",\"defect\":\"" + defect + "\",\"box\":[";
    }

    /** What a whole answer says, when it is a rejection with one of these codes. */
    public Rejection rejectionIn(String answer) {
        Matcher match = REJECTION.matcher(answer);
        if (!match.matches() || !defects.contains(match.group(1))) {
            throw new IllegalArgumentException("no rejection: " + answer);
        }
        return new Rejection(
                match.group(1),
                Integer.parseInt(match.group(2)),
                Integer.parseInt(match.group(3)),
                Integer.parseInt(match.group(4)),
                Integer.parseInt(match.group(5)));
    }

    /** Each node holds, by ASCII byte, the state that follows, or 0. Box states do not fit, so a node of its own leads there. */
    private int newNode() {
        nodes.add(new int[128]);
        return nodes.size() - 1;
    }

    private void add(String text, long target) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int node = 0;
        for (int i = 0; i + 1 < bytes.length; i++) {
            int[] edges = nodes.get(node);
            if (edges[bytes[i]] == 0) {
                edges[bytes[i]] = newNode() + FIRST_NODE;
            }
            node = edges[bytes[i]] - FIRST_NODE;
        }
        nodes.get(node)[bytes[bytes.length - 1]] = target == END ? END : CLOSING + 1;
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
        if (state == CLOSING) {
            return value == '}' ? END : REFUSED;
        }
        if (state == END || value > 127) {
            return REFUSED;
        }
        int next = nodes.get((int) state - FIRST_NODE)[value];
        return next == 0 ? REFUSED : next == CLOSING + 1 ? Box.START.state() : next;
    }

    /**
     * Within the brackets.
     *
     * @param index of the number that is being written, 0 to 3
     * @param digits of it so far
     * @param value of these digits
     * @param x0 the first number, once it is written
     * @param y0 the second number, once it is written
     */
    private record Box(int index, int digits, int value, int x0, int y0) {

        static final Box START = new Box(0, 0, 0, 0, 0);

        static Box of(long state) {
            return new Box(
                    (int) (state >> 40) & 3,
                    (int) (state >> 36) & 7,
                    (int) (state >> 24) & 0xfff,
                    (int) (state >> 12) & 0xfff,
                    (int) state & 0xfff);
        }

        long state() {
            return BOX | (long) index << 40 | (long) digits << 36 | (long) value << 24 | (long) x0 << 12 | y0;
        }

        long next(int c) {
            if (c >= '0' && c <= '9') {
                int longer = value * 10 + c - '0';
                boolean leadingZero = digits > 0 && value == 0;
                return leadingZero || digits == 4 || !canReach(longer)
                        ? REFUSED
                        : new Box(index, digits + 1, longer, x0, y0).state();
            }
            if (c != SEPARATORS.charAt(index) || digits == 0 || value < least() || value > most()) {
                return REFUSED;
            }
            return switch (index) {
                case 0 -> new Box(1, 0, 0, value, 0).state();
                case 1 -> new Box(2, 0, 0, x0, value).state();
                case 2 -> new Box(3, 0, 0, x0, y0).state();
                default -> CLOSING;
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
