package goshawk.appliance;

import java.time.Duration;

/**
 * Where a station's own model runs.
 *
 * @param hasProcess it has a process of its own, which is started again when it is lost; else it runs in the appliance's
 * @param answerWithin its process is killed when a call takes longer
 */
record OwnEngine(boolean hasProcess, Duration answerWithin) {

    /** Less than the silence after which the line is called dead; much more than a small model takes for anything. */
    static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

    /** In the appliance's process. */
    static final OwnEngine HERE = new OwnEngine(false, ANSWER_WITHIN);
}
