package goshawk.camera.sim;

/**
 * The code on a bracket's label: {@code GB45-031842N}: the part number, a serial number of six digits and a check character after
 * ISO 7064 MOD 37,36 over all letters and digits.
 */
final class SerialCode {

    /** What all brackets have in common; a label that begins otherwise belongs to another part. */
    static final String PART = "GB45-";

    private static final int DIGITS = 6;
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    private SerialCode() {}

    static String draw(Dice dice) {
        var text = new StringBuilder(PART);
        for (int i = 0; i < DIGITS; i++) {
            text.append((char) ('0' + dice.below(10)));
        }
        return checked(text.toString());
    }

    /** The text with its check character behind it; characters that are no capital letter and no digit do not count. */
    static String checked(String text) {
        int product = 36;
        for (int i = 0; i < text.length(); i++) {
            int value = ALPHABET.indexOf(text.charAt(i));
            if (value >= 0) {
                int sum = (product + value) % 36;
                product = (sum == 0 ? 36 : sum) * 2 % 37;
            }
        }
        return text + ALPHABET.charAt((37 - product) % 36);
    }
}
