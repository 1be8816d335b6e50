package goshawk.appliance.http;

/** An address cannot be listened on. Whoever wanted to words it for people, who know the server by its purpose. */
public final class AddressException extends RuntimeException {

    /** What is wrong with the address. */
    public enum Problem {
        UNKNOWN_HOST,
        PORT_IN_USE,
        /** Another machine's address, a port for administrators and the like; the message says which. */
        REFUSED
    }

    private final Problem problem;

    /** @param reason the system's */
    AddressException(Problem problem, String reason, Throwable cause) {
        super(reason, cause);
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
