package goshawk.appliance.control;

import goshawk.camera.PartName;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** The registers in which a controller says which part comes next. Not for two threads at once. */
final class PartRegisters {

    /** Two bytes each: room for the longest name in plain letters. */
    static final int COUNT = 32;

    private static final int WORD = 0xFFFF;

    private final ModbusTriggers.Naming naming;
    private final int[] words = new int[COUNT];

    PartRegisters(ModbusTriggers.Naming naming) {
        this.naming = naming;
    }

    int get(int index) {
        return words[index];
    }

    void set(int index, int word) {
        words[index] = word & WORD;
    }

    /** A part that has been is not the next one's name. */
    void clear() {
        Arrays.fill(words, 0);
    }

    /**
     * The part's name; empty where the controller gave none.
     *
     * @throws IllegalArgumentException when what stands there is no name
     */
    Optional<String> name() {
        return switch (naming) {
            case NUMBER -> {
                long number = ((long) words[0] << Short.SIZE) | words[1];
                yield number == 0 ? Optional.empty() : Optional.of(Long.toString(number));
            }
            case TEXT -> text();
        };
    }

    private Optional<String> text() {
        byte[] bytes = new byte[2 * COUNT];
        int length = 0;
        while (length < bytes.length) {
            int word = words[length / 2];
            byte next = (byte) (length % 2 == 0 ? word >> Byte.SIZE : word);
            if (next == 0) {
                break;
            }
            bytes[length++] = next;
        }
        // Controllers fill up with spaces. What is no UTF-8 becomes a sign that no name may have.
        String written = new String(bytes, 0, length, StandardCharsets.UTF_8).stripTrailing();
        return written.isEmpty() ? Optional.empty() : Optional.of(PartName.require(written));
    }
}
