package goshawk.appliance.checkup;

/**
 * One line of the check list.
 *
 * @param name of what was looked at, a few words
 * @param measured what was seen, with its unit
 * @param bound what it is to be; empty where nobody says
 * @param remedy what helps, with the command to type; empty when nothing is needed
 */
public record Check(String name, Result result, String measured, String bound, String remedy) {

    /** What it comes to. */
    public enum Result {
        OK,
        /** Works, and may not tomorrow. */
        WARN,
        /** The station is not to run like this. */
        FAIL,
        /** No verdict: nobody set a bound, or it cannot be measured with this source, and the line says why. */
        NONE
    }

    static Check ok(String name, String measured, String bound) {
        return new Check(name, Result.OK, measured, bound, "");
    }

    static Check warn(String name, String measured, String bound, String remedy) {
        return new Check(name, Result.WARN, measured, bound, remedy);
    }

    static Check fail(String name, String measured, String bound, String remedy) {
        return new Check(name, Result.FAIL, measured, bound, remedy);
    }

    static Check none(String name, String why) {
        return new Check(name, Result.NONE, why, "", "");
    }

    /** OK when it is, otherwise what {@code otherwise} says. */
    static Check of(String name, boolean isOk, Result otherwise, String measured, String bound, String remedy) {
        return isOk ? ok(name, measured, bound) : new Check(name, otherwise, measured, bound, remedy);
    }
}
