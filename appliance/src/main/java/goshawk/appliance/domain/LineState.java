package goshawk.appliance.domain;

/** What the line is doing. */
public enum LineState {
    /** The engine is being loaded, or the camera opened. */
    STARTING,
    RUNNING,
    /** Ended as asked, or because the camera has no more parts. */
    STOPPED,
    /** Ended by itself; nothing is released until somebody starts it again. */
    FAILED
}
