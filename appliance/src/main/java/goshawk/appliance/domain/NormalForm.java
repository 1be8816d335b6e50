package goshawk.appliance.domain;

import java.text.Normalizer;

/**
 * How texts are made comparable: the same character can be written in several ways. In every form, marks that only steer the
 * direction of writing are dropped, and so is white space at the ends.
 */
public enum NormalForm {

    /** Unicode NFC: e with an accent is one character. What looks different stays different. */
    NFC,

    /** Unicode NFKC: full-width digits and letters, ligatures and the like become the plain ones as well. */
    NFKC,

    /** NFKC, and the decimal digits of every script (Arabic-Indic, Thai, Devanagari …) become 0 to 9. */
    NFKC_DIGITS;

    public String of(String text) {
        String plain = text.codePoints()
                .filter(c -> !steersDirection(c))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString()
                .strip();
        return switch (this) {
            case NFC -> Normalizer.normalize(plain, Normalizer.Form.NFC);
            case NFKC -> Normalizer.normalize(plain, Normalizer.Form.NFKC);
            case NFKC_DIGITS -> asciiDigits(Normalizer.normalize(plain, Normalizer.Form.NFKC));
        };
    }

    private static boolean steersDirection(int c) {
        return c == 0x61C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    }

    private static String asciiDigits(String text) {
        return text.codePoints()
                .map(c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER ? '0' + Character.digit(c, 10) : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
