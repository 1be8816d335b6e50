package goshawk.appliance.inspect;

import goshawk.appliance.domain.CodePrompt;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A code's JSON, without white space:
 *
 * <pre>
 * {"code":"TEXT"}
 * {"code":null}
 * </pre>
 *
 * TEXT is of so many characters of any script, or of those that the recipe allows. Quote and backslash are escaped, every other
 * character stands for itself; control characters are not allowed. Only whole characters in well-formed UTF-8 pass, so a
 * token that cuts one must be followed by one that completes it.
 */
final class CodeGrammar implements Grammar {

    /** How every answer begins. The model's first choice comes after it: a text, or nothing. */
    static final String OPENING = "{\"code\":";

    private static final String NOTHING = "null}";
    private static final byte[] HEAD = OPENING.getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = NOTHING.getBytes(StandardCharsets.US_ASCII);

    private static final int END = 1;
    private static final int CLOSING = 2;
    /** And the number of bytes that were read of {@link #HEAD}. */
    private static final int IN_HEAD = 0x100;
    /** And the number of bytes that were read of {@link #NULL}. */
    private static final int IN_NULL = 0x200;
    /** Within the text: characters so far above, bytes of the character at hand below. */
    private static final long IN_TEXT = 1L << 60;

    private static final long ESCAPED = 1L << 59;
    private static final int COUNT_SHIFT = 32;
    private static final BitSet ANY = characters("");

    private final int shortest;
    private final int longest;
    private final BitSet characters;
    /** The first bytes of every character's UTF-8, one to three, as one number. */
    private final BitSet beginnings;

    CodeGrammar(CodePrompt.Form form) {
        shortest = form.shortest();
        longest = form.longest();
        characters = form.characters().isEmpty() ? ANY : characters(form.characters());
        beginnings = beginnings(characters);
        if (characters.isEmpty()) {
            throw new IllegalArgumentException("'%s' allows no character at all".formatted(form.characters()));
        }
    }

    /** Assigned characters but control characters, of a class where one is given. */
    private static BitSet characters(String within) {
        var allowed = new BitSet(0x110000);
        var matcher = Pattern.compile(
                        within.isEmpty() ? "." : "[" + within + "]", Pattern.UNICODE_CHARACTER_CLASS | Pattern.DOTALL)
                .matcher("");
        for (int c = ' '; c <= Character.MAX_CODE_POINT; c++) {
            int type = Character.getType(c);
            if (type != Character.CONTROL
                    && type != Character.SURROGATE
                    && type != Character.UNASSIGNED
                    && (within.isEmpty() || matcher.reset(Character.toString(c)).matches())) {
                allowed.set(c);
            }
        }
        return allowed;
    }

    private static BitSet beginnings(BitSet characters) {
        var beginnings = new BitSet();
        for (int c = characters.nextSetBit(0x80); c >= 0; c = characters.nextSetBit(c + 1)) {
            byte[] bytes = Character.toString(c).getBytes(StandardCharsets.UTF_8);
            int beginning = 0;
            for (int i = 0; i + 1 < bytes.length; i++) {
                beginning = (beginning << 8) | (bytes[i] & 0xff);
                beginnings.set(beginning);
            }
        }
        return beginnings;
    }

    /** What a whole answer says; empty where nothing could be read. */
    static Optional<String> textIn(String answer) {
        if (answer.equals(OPENING + NOTHING)) {
            return Optional.empty();
        }
        String inside = answer.substring(OPENING.length() + 1, answer.length() - 2);
        var text = new StringBuilder();
        for (int i = 0; i < inside.length(); i++) {
            char c = inside.charAt(i);
            text.append(c == '\\' ? inside.charAt(++i) : c);
        }
        return Optional.of(text.toString());
    }

    @Override
    public long start() {
        return IN_HEAD;
    }

    @Override
    public boolean isEnd(long state) {
        return state == END;
    }

    @Override
    public long next(long state, int value) {
        if ((state & IN_TEXT) != 0) {
            return (state & ESCAPED) != 0 ? afterBackslash(state, value) : inText(state, value);
        }
        if (state >= IN_NULL) {
            int at = (int) state - IN_NULL;
            return value != NULL[at] ? REFUSED : at + 1 == NULL.length ? END : state + 1;
        }
        if (state >= IN_HEAD) {
            int at = (int) state - IN_HEAD;
            if (at < HEAD.length) {
                return value == HEAD[at] ? state + 1 : REFUSED;
            }
            return value == '"' ? IN_TEXT : value == NULL[0] ? IN_NULL + 1 : REFUSED;
        }
        return state == CLOSING && value == '}' ? END : REFUSED;
    }

    private long inText(long state, int value) {
        int beginning = (int) state;
        long count = count(state);
        if (beginning == 0 && value == '"') {
            return count >= shortest ? CLOSING : REFUSED;
        }
        if (count == longest) {
            return REFUSED;
        }
        if (beginning == 0 && value == '\\') {
            return characters.get('"') || characters.get('\\') ? state | ESCAPED : REFUSED;
        }
        if (beginning == 0 && value < 0x80) {
            return characters.get(value) ? text(count + 1, 0) : REFUSED;
        }
        int longer = (beginning << 8) | value;
        if (longer > 0 && beginnings.get(longer)) {
            return text(count, longer);
        }
        int whole = beginning == 0 ? -1 : character(longer);
        return whole >= 0 && characters.get(whole) ? text(count + 1, 0) : REFUSED;
    }

    private long afterBackslash(long state, int value) {
        boolean stands = (value == '"' || value == '\\') && characters.get(value);
        return stands ? text(count(state) + 1, 0) : REFUSED;
    }

    private static long count(long state) {
        return (state >> COUNT_SHIFT) & 0xffff;
    }

    private static long text(long count, int beginning) {
        return IN_TEXT | (count << COUNT_SHIFT) | beginning;
    }

    /** The character of these two to four bytes, the last of which is new; -1 when they are none. */
    private static int character(int bytes) {
        if ((bytes & 0xc0) != 0x80) {
            return -1;
        }
        int tail = (bytes & 0x3f) | ((bytes >> 2) & 0xfc0);
        if ((bytes & 0xffffe000) == 0xc000) {
            return (bytes & 0x3f) | ((bytes >> 2) & 0x7c0);
        }
        if ((bytes & 0xfff00000) == 0xe00000) {
            return ((bytes >> 4) & 0xf000) | tail;
        }
        if ((bytes & 0xf8000000) == 0xf0000000) {
            return ((bytes >> 6) & 0x1c0000) | ((bytes >> 4) & 0x3f000) | tail;
        }
        return -1;
    }
}
