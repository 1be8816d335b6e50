package goshawk.appliance.domain;

/**
 * How the model's own process is.
 *
 * @param detail why there is no process, or why the last one ended; empty where nothing ever happened
 * @param restarts times that it was lost, since the station started
 * @param pid of the process that answers, 0 while none does
 * @param memoryBytes resident memory of that process, 0 while none answers or the machine does not tell
 */
public record EngineState(Condition condition, String detail, long restarts, long pid, long memoryBytes) {

    public enum Condition {
        /** For the first time. */
        STARTING,
        /** Warmed up, and answers. */
        READY,
        /** It was lost and is being started again; parts are not inspected. */
        RESTARTING,
        /** Its station was stopped. */
        CLOSED
    }
}
