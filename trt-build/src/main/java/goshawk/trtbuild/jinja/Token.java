package goshawk.trtbuild.jinja;

/**
 * @param text of TEXT the output, of NAME and OPERATOR the characters, of STRING the value without quotes
 * @param line 1 for the first
 */
record Token(Kind kind, String text, int line) {

    enum Kind {
        TEXT,
        OUTPUT_BEGIN,
        OUTPUT_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind wanted, String value) {
        return kind == wanted && text.equals(value);
    }
}
