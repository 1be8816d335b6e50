package goshawk.appliance.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Text that comes in bytes and goes out in characters, up to the first of its stops. What may yet turn out to be half a
 * character, or the beginning of a stop, is held back. Belongs to one thread.
 */
final class HeldText {

    private final List<String> stops;
    private final ByteArrayOutputStream half = new ByteArrayOutputStream();
    private final StringBuilder held = new StringBuilder();
    private boolean isStopped;

    HeldText(List<String> stops) {
        this.stops = stops;
    }

    /** What can go out now. Nothing more after a stop. */
    String add(byte[] bytes) {
        if (isStopped) {
            return "";
        }
        half.writeBytes(bytes);
        byte[] all = half.toByteArray();
        int whole = wholeCharacters(all);
        half.reset();
        half.write(all, whole, all.length - whole);
        held.append(new String(all, 0, whole, StandardCharsets.UTF_8));
        int stop = firstStop();
        isStopped = stop >= 0;
        return take(isStopped ? stop : held.length() - mayBeStop());
    }

    /** The rest, when nothing more comes. */
    String end() {
        String rest = isStopped ? "" : held + half.toString(StandardCharsets.UTF_8);
        held.setLength(0);
        half.reset();
        return rest;
    }

    boolean isStopped() {
        return isStopped;
    }

    private String take(int length) {
        String out = held.substring(0, length);
        held.delete(0, length);
        return out;
    }

    private int firstStop() {
        return stops.stream()
                .mapToInt(held::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
    }

    /** Length of the longest end of the text that is the beginning of a stop. */
    private int mayBeStop() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (stop.startsWith(held.substring(held.length() - length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    /** Bytes up to the last character that is whole; what can be no character counts as whole and becomes U+FFFD. */
    private static int wholeCharacters(byte[] utf8) {
        for (int back = 1; back <= Math.min(3, utf8.length); back++) {
            int value = utf8[utf8.length - back] & 0xff;
            if (value >= 0xc0) {
                int needed = value >= 0xf0 ? 4 : value >= 0xe0 ? 3 : 2;
                return needed > back ? utf8.length - back : utf8.length;
            }
            if (value < 0x80) {
                break;
            }
        }
        return utf8.length;
    }
}
