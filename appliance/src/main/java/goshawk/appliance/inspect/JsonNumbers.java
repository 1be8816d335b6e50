package goshawk.appliance.inspect;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * JSON's numbers as expressions over bytes, within bounds or without. Whole numbers have at most {@value #WHOLE} digits,
 * fractions {@value #FRACTION}: a model that loses itself in digits comes to an end. Belongs to one thread.
 */
final class JsonNumbers {

    static final int WHOLE = 18;
    static final int FRACTION = 17;

    static final BigDecimal LARGEST = BigDecimal.TEN.pow(WHOLE).subtract(BigDecimal.ONE);

    private static final long[] TENS = tens();

    private final Expressions expressions;
    private final JsonText text;
    private final Expression digit;

    JsonNumbers(Expressions expressions, JsonText text) {
        this.expressions = expressions;
        this.text = text;
        this.digit = expressions.bytes('0', '9');
    }

    private static long[] tens() {
        long[] tens = new long[WHOLE + 1];
        tens[0] = 1;
        for (int i = 1; i < tens.length; i++) {
            tens[i] = tens[i - 1] * 10;
        }
        return tens;
    }

    /** Whole numbers without fraction and exponent; both bounds included and within {@link #LARGEST}. */
    Expression integer(BigDecimal least, BigDecimal most) {
        long from = least.setScale(0, RoundingMode.CEILING).longValueExact();
        long to = most.setScale(0, RoundingMode.FLOOR).longValueExact();
        Expression negative = from < 0 ? whole(Math.max(1, -to), -from) : expressions.nothing();
        Expression positive = to >= 0 ? whole(Math.max(0, from), to) : expressions.nothing();
        return expressions.either(expressions.then(expressions.text("-"), negative), positive);
    }

    /** Neither negative nor with leading zeros; nothing when {@code from} is larger than {@code to}. */
    private Expression whole(long from, long to) {
        List<Expression> ways = new ArrayList<>();
        for (int digits = 1; digits <= WHOLE; digits++) {
            long low = Math.max(from, digits == 1 ? 0 : TENS[digits - 1]);
            long high = Math.min(to, TENS[digits] - 1);
            if (low <= high) {
                int[] radices = new int[digits];
                Arrays.fill(radices, 10);
                ways.add(text.digits(radices, low, high, (_, a, b) -> expressions.bytes('0' + a, '0' + b)));
            }
        }
        return expressions.either(ways);
    }

    /** Any number: with fraction and exponent, where the model likes. */
    Expression number() {
        Expression fraction = expressions.then(expressions.text("."), expressions.repeat(digit, 1, FRACTION));
        Expression exponent = expressions.then(
                expressions.oneOf("eE"),
                expressions.repeat(expressions.oneOf("+-"), 0, 1),
                expressions.repeat(digit, 1, 2));
        return expressions.then(
                expressions.repeat(expressions.text("-"), 0, 1),
                whole(0, LARGEST.longValueExact()),
                expressions.repeat(fraction, 0, 1),
                expressions.repeat(exponent, 0, 1));
    }

    /** Numbers within bounds, without exponent; both bounds included, within {@link #LARGEST}, of at most 17 decimals. */
    Expression number(BigDecimal least, BigDecimal most) {
        Expression negative = expressions.nothing();
        Expression positive = expressions.nothing();
        if (least.compareTo(most) > 0) {
            return expressions.nothing();
        }
        if (least.signum() < 0) {
            negative = unsigned(most.negate().max(BigDecimal.ZERO), least.negate());
        }
        if (most.signum() >= 0) {
            positive = unsigned(least.max(BigDecimal.ZERO), most);
        }
        return expressions.either(expressions.then(expressions.text("-"), negative), positive);
    }

    private Expression unsigned(BigDecimal least, BigDecimal most) {
        long low = least.toBigInteger().longValueExact();
        long high = most.toBigInteger().longValueExact();
        String lowFraction = fractionOf(least);
        String highFraction = fractionOf(most);
        if (low == high) {
            return expressions.then(whole(low, low), fraction(lowFraction, highFraction));
        }
        return expressions.either(
                expressions.then(whole(low, low), fraction(lowFraction, null)),
                expressions.then(whole(low + 1, high - 1), fraction(null, null)),
                expressions.then(whole(high, high), fraction(null, highFraction)));
    }

    /** {@value #FRACTION} digits. */
    private static String fractionOf(BigDecimal number) {
        BigInteger digits =
                number.remainder(BigDecimal.ONE).movePointRight(FRACTION).toBigIntegerExact();
        return "0".repeat(FRACTION - digits.toString().length()) + digits;
    }

    /** The fraction with its point, or none, from {@code least} to {@code most}; null where there is no such bound. */
    private Expression fraction(@Nullable String least, @Nullable String most) {
        Expression withPoint = expressions.then(expressions.text("."), someDigits(least, most, 0));
        return mayEnd(least, 0) ? expressions.either(expressions.empty(), withPoint) : withPoint;
    }

    /** What is not written is zero. */
    private static boolean mayEnd(@Nullable String least, int at) {
        return least == null || least.substring(at).chars().allMatch(digit -> digit == '0');
    }

    private Expression moreDigits(@Nullable String least, @Nullable String most, int at) {
        if (at == FRACTION) {
            return expressions.empty();
        }
        Expression some = someDigits(least, most, at);
        return mayEnd(least, at) ? expressions.either(expressions.empty(), some) : some;
    }

    private Expression someDigits(@Nullable String least, @Nullable String most, int at) {
        if (least == null && most == null) {
            return expressions.repeat(digit, 1, FRACTION - at);
        }
        char low = least == null ? '0' : least.charAt(at);
        char high = most == null ? '9' : most.charAt(at);
        List<Expression> ways = new ArrayList<>();
        for (char one = low; one <= high; one++) {
            ways.add(expressions.then(
                    expressions.bytes(one, one),
                    moreDigits(one == low ? least : null, one == high ? most : null, at + 1)));
        }
        return expressions.either(ways);
    }
}
