package goshawk.appliance.domain;

import goshawk.camera.Cause;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the line has done since it started. Counted by the line's thread, read by any; {@code triggers = records +
 * alarms} whenever no part is in hand.
 */
public final class LineCounters {

    private final LongAdder triggers = new LongAdder();
    private final LongAdder records = new LongAdder();
    private final LongAdder missed = new LongAdder();
    private final LongAdder overruns = new LongAdder();
    private final LongAdder released = new LongAdder();
    private final LongAdder alarms = new LongAdder();
    private final LongAdder gateAlarms = new LongAdder();

    /**
     * @param triggers captures taken up, with a picture or without
     * @param records inspections made durable
     * @param missed triggers without a picture, overruns included
     * @param overruns triggers that came while every frame was in use
     * @param released parts that the gate let go on
     * @param alarms triggers whose inspection could not be recorded; their parts were not released
     * @param gateAlarms parts of which it is not on record what the gate did
     */
    public record Snapshot(
            long triggers, long records, long missed, long overruns, long released, long alarms, long gateAlarms) {}

    public void trigger() {
        triggers.increment();
    }

    public void recorded() {
        records.increment();
    }

    public void missed(Cause cause) {
        missed.increment();
        if (cause == Cause.OVERRUN) {
            overruns.increment();
        }
    }

    public void released() {
        released.increment();
    }

    public void alarm() {
        alarms.increment();
    }

    public void gateAlarm() {
        gateAlarms.increment();
    }

    public Snapshot snapshot() {
        return new Snapshot(
                triggers.sum(),
                records.sum(),
                missed.sum(),
                overruns.sum(),
                released.sum(),
                alarms.sum(),
                gateAlarms.sum());
    }
}
