package goshawk.appliance.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * One code on the part that the model reads and that is compared with what it should be.
 *
 * @param id unique among the recipe's prompts and codes
 * @param question what the model is asked, word for word
 * @param region name of the recipe's region it is in
 * @param form which texts the model may answer with at all
 * @param expected which of them are right
 * @param reviewBelow score in [0, 1] under which a reading is not trusted
 */
public record CodePrompt(
        String id,
        String question,
        String region,
        Form form,
        Expected expected,
        double reviewBelow,
        Severity severity) {

    /**
     * @param shortest characters (code points) of the shortest text, at least 1
     * @param longest of the longest, at most {@link #MOST_CHARACTERS}
     * @param characters inside of a regular expression's character class, such as {@code 0-9A-Z-}; empty for any character
     */
    public record Form(int shortest, int longest, String characters) {

        public static final int MOST_CHARACTERS = 256;

        public Form {
            if (!(1 <= shortest && shortest <= longest && longest <= MOST_CHARACTERS)) {
                throw new IllegalArgumentException("a code wants 1 <= shortest <= longest <= %d, got %d and %d"
                        .formatted(MOST_CHARACTERS, shortest, longest));
            }
            if (!characters.isEmpty()) {
                compiled("[" + characters + "]");
            }
        }
    }

    /**
     * What must all be true of a text in its normal form.
     *
     * @param text this and nothing else
     * @param pattern a regular expression that all of it matches
     */
    public record Expected(
            Optional<String> text, Optional<String> pattern, CheckDigit checkDigit, NormalForm normalForm) {

        public Expected {
            pattern.ifPresent(CodePrompt::compiled);
        }

        /** Whether a text is right. */
        public boolean isMet(String read) {
            String normal = normalForm.of(read);
            return text.map(it -> normalForm.of(it).equals(normal)).orElse(true)
                    && pattern.map(it -> compiled(it).matcher(normal).matches()).orElse(true)
                    && checkDigit.holds(normal);
        }

        /** For people: the text, the pattern, the check. */
        public String words() {
            List<String> words = new ArrayList<>();
            text.ifPresent(words::add);
            pattern.ifPresent(it -> words.add("/" + it + "/"));
            if (checkDigit != CheckDigit.NONE) {
                words.add(checkDigit.name().toLowerCase(Locale.ROOT));
            }
            return String.join(" ", words);
        }
    }

    public CodePrompt {
        if (!(reviewBelow >= 0 && reviewBelow <= 1)) {
            throw new IllegalArgumentException(
                    "code %s wants reviewBelow from 0 to 1, got %s".formatted(id, reviewBelow));
        }
    }

    private static Pattern compiled(String pattern) {
        try {
            return Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "'%s' is no regular expression: %s".formatted(pattern, e.getDescription()), e);
        }
    }
}
