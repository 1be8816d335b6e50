package goshawk.camera;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Names parts that nobody named: what they have in common, and the trigger's number with six digits or more. A camera names hundreds of
 * pictures a second, so a name is put together by hand: a formatter leaves ten times its length behind.
 *
 * @param prefix what the names have in common
 */
public record PartNames(String prefix) {

    private static final DateTimeFormatter STARTED =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);

    private static final String ZEROS = "00000";

    /** Of the run that began then: names of two runs differ when a second lies between them. */
    public static PartNames ofRun(Instant started) {
        return new PartNames(STARTED.format(started));
    }

    /** @param number of the trigger, 1 or more */
    public String name(long number) {
        String digits = Long.toString(number);
        return prefix + '-' + ZEROS.substring(Math.min(ZEROS.length(), digits.length() - 1)) + digits;
    }
}
