package goshawk.camera;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;

/**
 * Names parts that nobody named: what they have in common, and the trigger's number with six digits or more. A camera names hundreds of
 * pictures a second, so a name is put together by hand and leaves nothing behind but itself: a formatter leaves ten times its length.
 *
 * @param prefix what the names have in common
 */
public record PartNames(String prefix) {

    private static final DateTimeFormatter STARTED =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);

    /** By how many digits a number has, from one to five. */
    private static final List<String> ZEROS = List.of("00000", "0000", "000", "00", "0");

    /** Of the run that began then: names of two runs differ when a second lies between them. */
    public static PartNames ofRun(Instant started) {
        return new PartNames(STARTED.format(started));
    }

    /** @param number of the trigger, 1 or more */
    public String name(long number) {
        int digits = 1;
        for (long left = number / 10; left > 0; left /= 10) {
            digits++;
        }
        String zeros = digits <= ZEROS.size() ? ZEROS.get(digits - 1) : "";
        return prefix + '-' + zeros + number;
    }
}
