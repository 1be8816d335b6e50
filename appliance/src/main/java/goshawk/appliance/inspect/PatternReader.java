package goshawk.appliance.inspect;

import java.util.ArrayList;
import java.util.List;

/**
 * A schema's {@code pattern} as an expression over the bytes of a JSON string. Of ECMAScript's regular expressions it takes
 * what is regular: characters, {@code .}, classes, {@code \d \w \s} and their opposites, groups, {@code |}, and the
 * repetitions {@code * + ? {m,n}}. {@code ^} and {@code $} may stand at the ends of the pattern and of its outermost
 * alternatives; where they do not, anything may stand before and after.
 *
 * <p>Belongs to one thread.
 */
final class PatternReader {

    private static final int MOST_CHARACTERS = 1_000;
    private static final int MOST_GROUPS = 50;

    private static final CodePoints DIGITS = CodePoints.of('0', '9');
    private static final CodePoints WORD =
            DIGITS.or(CodePoints.of('a', 'z')).or(CodePoints.of('A', 'Z')).or(CodePoints.of("_"));
    /** What all dialects agree is white space. */
    private static final CodePoints SPACE = CodePoints.of(" \t\n\u000b\f\r");
    /** What any dialect holds for white space, or for the end of a line. */
    private static final CodePoints MAYBE_SPACE = SPACE.or(
                    CodePoints.of("\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"))
            .or(CodePoints.of(0x2000, 0x200a));

    private static final CodePoints NO_DOT = CodePoints.of("\n\r\u0085\u2028\u2029");

    private final Expressions expressions;
    private final JsonText text;
    private final String pattern;
    private final int[] codePoints;
    private int at;
    private int groups;

    private PatternReader(Expressions expressions, JsonText text, String pattern) {
        this.expressions = expressions;
        this.text = text;
        this.pattern = pattern;
        this.codePoints = pattern.codePoints().toArray();
    }

    /**
     * The contents of all strings in which the pattern is found.
     *
     * @throws SchemaException when the pattern has what cannot be checked character by character
     */
    static Expression read(Expressions expressions, JsonText text, String pattern) {
        var reader = new PatternReader(expressions, text, pattern);
        if (reader.codePoints.length > MOST_CHARACTERS) {
            throw reader.refusal("is longer than %d characters".formatted(MOST_CHARACTERS));
        }
        Expression whole = reader.outermost();
        if (reader.at < reader.codePoints.length) {
            throw reader.refusal("has a ) too many");
        }
        return whole;
    }

    private Expression outermost() {
        Expression anything = expressions.repeat(text.anyCharacter(), 0, Expression.UNBOUNDED);
        List<Expression> ways = new ArrayList<>();
        do {
            Expression before = accept('^') ? expressions.empty() : anything;
            Expression way = sequence();
            Expression behind = accept('$') ? expressions.empty() : anything;
            ways.add(expressions.then(before, way, behind));
        } while (accept('|'));
        return expressions.either(ways);
    }

    private Expression alternatives() {
        List<Expression> ways = new ArrayList<>();
        do {
            ways.add(sequence());
        } while (accept('|'));
        return expressions.either(ways);
    }

    private Expression sequence() {
        List<Expression> parts = new ArrayList<>();
        while (at < codePoints.length && !isNext('|') && !isNext(')') && !isNext('$')) {
            parts.add(repeated(atom()));
        }
        Expression whole = expressions.empty();
        for (Expression part : parts.reversed()) {
            whole = expressions.then(part, whole);
        }
        return whole;
    }

    private Expression repeated(Expression atom) {
        Expression repeated = atom;
        if (accept('*')) {
            repeated = expressions.repeat(atom, 0, Expression.UNBOUNDED);
        } else if (accept('+')) {
            repeated = expressions.repeat(atom, 1, Expression.UNBOUNDED);
        } else if (accept('?')) {
            repeated = expressions.repeat(atom, 0, 1);
        } else if (accept('{')) {
            repeated = counted(atom);
        } else {
            return atom;
        }
        accept('?'); // which of several ways is taken makes no difference to what is found
        if (at < codePoints.length && "*+?{".indexOf(codePoints[at]) >= 0) {
            throw refusal("repeats a repetition; put a group around the first one");
        }
        return repeated;
    }

    private Expression counted(Expression atom) {
        int least = number();
        int most = least;
        if (accept(',')) {
            most = isNext('}') ? Expression.UNBOUNDED : number();
        }
        if (!accept('}') || most < least) {
            throw refusal("has a { that is no repetition such as {2,5}; write \\{ for the character");
        }
        return expressions.repeat(atom, least, most);
    }

    private int number() {
        int start = at;
        int number = 0;
        while (at < codePoints.length && DIGITS.has(codePoints[at]) && at - start < 6) {
            number = number * 10 + codePoints[at++] - '0';
        }
        if (at == start) {
            throw refusal("has a { that is no repetition such as {2,5}; write \\{ for the character");
        }
        return number;
    }

    private Expression atom() {
        int one = codePoints[at++];
        return switch (one) {
            case '(' -> group();
            case '[' -> text.character(set());
            case '.' -> text.character(NO_DOT.not());
            case '\\' -> text.character(escaped());
            case '^' -> throw refusal("has a ^ that is not at its beginning");
            case '*', '+', '?', '{' -> throw refusal("has a %c with nothing to repeat".formatted(one));
            case ']', '}' -> throw refusal("has a %c without its opening one; write \\%c".formatted(one, one));
            default -> text.character(CodePoints.of(one, one));
        };
    }

    private Expression group() {
        if (++groups > MOST_GROUPS) {
            throw refusal("has more than %d groups".formatted(MOST_GROUPS));
        }
        if (accept('?')) {
            boolean isNamed = isNext('<') && at + 1 < codePoints.length && "=!".indexOf(codePoints[at + 1]) < 0;
            if (isNamed) {
                while (at < codePoints.length && !accept('>')) {
                    at++;
                }
            } else if (!accept(':')) {
                throw refusal("looks ahead or behind; write out what may stand there");
            }
        }
        Expression inside = alternatives();
        if (isNext('$')) {
            throw refusal("has a $ that is not at its end");
        }
        if (!accept(')')) {
            throw refusal("has a ( without its )");
        }
        return inside;
    }

    private CodePoints set() {
        boolean isOpposite = accept('^');
        CodePoints set = CodePoints.NONE;
        while (!accept(']')) {
            CodePoints one = member();
            boolean isRange = isNext('-') && at + 1 < codePoints.length && codePoints[at + 1] != ']';
            if (isRange) {
                at++;
                set = set.or(range(one, member()));
            } else {
                set = set.or(one);
            }
        }
        return isOpposite ? set.not() : set;
    }

    private CodePoints member() {
        if (at >= codePoints.length) {
            throw refusal("has a [ without its ]");
        }
        int one = codePoints[at++];
        return one == '\\' ? (accept('b') ? CodePoints.of("\b") : escaped()) : CodePoints.of(one, one);
    }

    private CodePoints range(CodePoints from, CodePoints to) {
        if (!isOne(from) || !isOne(to)) {
            throw refusal("has a range between classes");
        }
        int first = from.ranges().getFirst().from();
        int last = to.ranges().getFirst().from();
        if (last < first) {
            throw refusal("has a range that ends before it begins");
        }
        return CodePoints.of(first, last);
    }

    private static boolean isOne(CodePoints set) {
        return set.ranges().size() == 1
                && set.ranges().getFirst().from() == set.ranges().getFirst().to();
    }

    private CodePoints escaped() {
        if (at >= codePoints.length) {
            throw refusal("ends in a \\");
        }
        int one = codePoints[at++];
        return switch (one) {
            case 'd' -> DIGITS;
            case 'D' -> DIGITS.not();
            case 'w' -> WORD;
            case 'W' -> WORD.not();
            case 's' -> SPACE;
            case 'S' -> MAYBE_SPACE.not();
            case 't' -> CodePoints.of("\t");
            case 'n' -> CodePoints.of("\n");
            case 'r' -> CodePoints.of("\r");
            case 'f' -> CodePoints.of("\f");
            case 'v' -> CodePoints.of("\u000b");
            case 'x' -> hexadecimal(2);
            case 'u' -> accept('{') ? braced() : hexadecimal(4);
            default -> {
                if (one < 128 && Character.isLetterOrDigit(one)) {
                    throw refusal("has \\%c, which is not supported; write out the characters".formatted(one));
                }
                yield CodePoints.of(one, one);
            }
        };
    }

    private CodePoints braced() {
        int start = at;
        while (at < codePoints.length && codePoints[at] != '}') {
            at++;
        }
        CodePoints one = hexadecimal(start, at - start);
        at++;
        return one;
    }

    private CodePoints hexadecimal(int digits) {
        CodePoints one = hexadecimal(at, digits);
        at += digits;
        return one;
    }

    private CodePoints hexadecimal(int start, int digits) {
        int value = 0;
        for (int i = start; i < start + digits; i++) {
            int digit = i < codePoints.length ? Character.digit(codePoints[i], 16) : -1;
            value = value * 16 + digit;
            if (digit < 0 || value > CodePoints.LAST) {
                throw refusal("has an escape that is no character");
            }
        }
        if (digits == 0 || (value >= 0xd800 && value <= 0xdfff)) {
            throw refusal("has an escape that is no character; write \\u{...} for one beyond \\uffff");
        }
        return CodePoints.of(value, value);
    }

    private boolean isNext(int character) {
        return at < codePoints.length && codePoints[at] == character;
    }

    private boolean accept(int character) {
        boolean isNext = isNext(character);
        at += isNext ? 1 : 0;
        return isNext;
    }

    private SchemaException refusal(String why) {
        return new SchemaException("pattern '%s' %s".formatted(pattern, why));
    }
}
