package goshawk.camera;

import java.util.regex.Pattern;

/** What a part may be called by those who are not the station: it stands in records, topics, file names and on a page. */
public final class PartName {

    public static final String RULE =
            "must be 1 to 64 letters, digits, spaces or ._:/+#-, and begin with a letter or digit";

    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._:/+#-]{0,63}");

    private PartName() {}

    /** @throws IllegalArgumentException with the rule, and without the name: who knows what it is */
    public static String require(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'part' " + RULE);
        }
        return name;
    }
}
