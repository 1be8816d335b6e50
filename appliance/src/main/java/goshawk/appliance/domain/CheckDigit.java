package goshawk.appliance.domain;

/** What the last character of a code must be, given the others. Characters that a method does not count are left out. */
public enum CheckDigit {

    /** Nothing is checked. */
    NONE {
        @Override
        public boolean holds(String code) {
            return true;
        }
    },

    /** ISO/IEC 7812: over the digits, every second one doubled from the right. */
    LUHN {
        @Override
        public boolean holds(String code) {
            int[] digits = digits(code);
            int sum = 0;
            for (int i = 0; i < digits.length; i++) {
                int fromRight = digits.length - 1 - i;
                int weighed = fromRight % 2 == 0 ? digits[i] : 2 * digits[i];
                sum += weighed > 9 ? weighed - 9 : weighed;
            }
            return digits.length > 1 && sum % 10 == 0;
        }
    },

    /** GS1, of EAN-8, UPC-A, EAN-13, GTIN-14 and SSCC: over the digits, weights 3 and 1 from the right. */
    GTIN {
        @Override
        public boolean holds(String code) {
            int[] digits = digits(code);
            int sum = 0;
            for (int i = 0; i < digits.length; i++) {
                sum += (digits.length - 1 - i) % 2 == 0 ? digits[i] : 3 * digits[i];
            }
            return digits.length > 1 && sum % 10 == 0;
        }
    },

    /** ISO 7064 MOD 37,36: over digits and capital letters; finds every single wrong character, B for 8 included. */
    MOD37_36 {
        @Override
        public boolean holds(String code) {
            int[] values = code.chars()
                    .map(c -> c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : -1)
                    .filter(value -> value >= 0)
                    .toArray();
            int product = 36;
            for (int i = 0; i + 1 < values.length; i++) {
                int sum = (product + values[i]) % 36;
                product = (sum == 0 ? 36 : sum) * 2 % 37;
            }
            return values.length > 1 && (product + values[values.length - 1]) % 36 == 1;
        }
    };

    /** @param code in its normal form */
    public abstract boolean holds(String code);

    private static int[] digits(String code) {
        return code.chars().filter(c -> c >= '0' && c <= '9').map(c -> c - '0').toArray();
    }
}
