package goshawk.camera.sim;

/** The label printer's 5×7 dots; own, because a trimmed Java runtime on a line computer has no fonts. */
final class DotFont {

    static final int COLUMNS = 5;
    static final int ROWS = 7;

    /** Characters the label printer knows. */
    static final String PRINTED = "0123456789ABCDEFGHKLMNPRSTXZIJOQUVWY-";

    /** Those, and what else people write on parts. */
    static final String KNOWN = PRINTED + "{}\":verdict!";

    private static final String[] DOTS = {
        "01110 10001 10011 10101 11001 10001 01110", // 0
        "00100 01100 00100 00100 00100 00100 01110", // 1
        "01110 10001 00001 00110 01000 10000 11111", // 2
        "11111 00010 00100 00010 00001 10001 01110", // 3
        "00010 00110 01010 10010 11111 00010 00010", // 4
        "11111 10000 11110 00001 00001 10001 01110", // 5
        "00110 01000 10000 11110 10001 10001 01110", // 6
        "11111 00001 00010 00100 01000 01000 01000", // 7
        "01110 10001 10001 01110 10001 10001 01110", // 8
        "01110 10001 10001 01111 00001 00010 01100", // 9
        "01110 10001 10001 11111 10001 10001 10001", // A
        "11110 10001 10001 11110 10001 10001 11110", // B
        "01110 10001 10000 10000 10000 10001 01110", // C
        "11110 10001 10001 10001 10001 10001 11110", // D
        "11111 10000 10000 11110 10000 10000 11111", // E
        "11111 10000 10000 11110 10000 10000 10000", // F
        "01110 10001 10000 10111 10001 10001 01111", // G
        "10001 10001 10001 11111 10001 10001 10001", // H
        "10001 10010 10100 11000 10100 10010 10001", // K
        "10000 10000 10000 10000 10000 10000 11111", // L
        "10001 11011 10101 10101 10001 10001 10001", // M
        "10001 11001 10101 10011 10001 10001 10001", // N
        "11110 10001 10001 11110 10000 10000 10000", // P
        "11110 10001 10001 11110 10100 10010 10001", // R
        "01111 10000 10000 01110 00001 00001 11110", // S
        "11111 00100 00100 00100 00100 00100 00100", // T
        "10001 10001 01010 00100 01010 10001 10001", // X
        "11111 00001 00010 00100 01000 10000 11111", // Z
        "01110 00100 00100 00100 00100 00100 01110", // I
        "00111 00010 00010 00010 00010 10010 01100", // J
        "01110 10001 10001 10001 10001 10001 01110", // O
        "01110 10001 10001 10001 10101 10010 01101", // Q
        "10001 10001 10001 10001 10001 10001 01110", // U
        "10001 10001 10001 10001 10001 01010 00100", // V
        "10001 10001 10001 10101 10101 10101 01010", // W
        "10001 10001 01010 00100 00100 00100 00100", // Y
        "00000 00000 00000 11111 00000 00000 00000", // -
        "00110 01000 01000 10000 01000 01000 00110", // {
        "01100 00010 00010 00001 00010 00010 01100", // }
        "01010 01010 01010 00000 00000 00000 00000", // "
        "00000 01100 01100 00000 01100 01100 00000", // :
        "00000 00000 10001 10001 10001 01010 00100", // v
        "00000 00000 01110 10001 11111 10000 01110", // e
        "00000 00000 10110 11001 10000 10000 10000", // r
        "00001 00001 01101 10011 10001 10011 01101", // d
        "00100 00000 01100 00100 00100 00100 01110", // i
        "00000 00000 01110 10000 10000 10001 01110", // c
        "01000 01000 11100 01000 01000 01001 00110", // t
        "00100 00100 00100 00100 00100 00000 00100", // !
    };

    private DotFont() {}

    /**
     * Distance, in pitches of the dots, from a place in a line of text to the nearest printed dot's centre, or 9 where no dot is near.
     *
     * @param column from the line's left end, {@code row} from its top, both in pitches
     */
    static double toDot(String text, double column, double row) {
        int advance = COLUMNS + 1;
        if (column < 0 || row < 0 || row >= ROWS || column >= text.length() * advance) {
            return 9;
        }
        int wholeColumn = (int) column;
        int inCharacter = wholeColumn % advance;
        if (inCharacter == COLUMNS || !isPrinted(text.charAt(wholeColumn / advance), inCharacter, (int) row)) {
            return 9;
        }
        double u = column - wholeColumn - 0.5;
        double v = row - (int) row - 0.5;
        return Math.sqrt(u * u + v * v);
    }

    /** Width of a line of text in pitches of the dots. */
    static int width(String text) {
        return text.length() * (COLUMNS + 1) - 1;
    }

    /** Whether the dot in {@code column} (0–4) and {@code row} (0–6) of {@code character} is printed. */
    static boolean isPrinted(char character, int column, int row) {
        int glyph = KNOWN.indexOf(character);
        return glyph >= 0 && DOTS[glyph].charAt(row * (COLUMNS + 1) + column) == '1';
    }
}
