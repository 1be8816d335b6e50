package goshawk.appliance.control;

import goshawk.camera.Signals;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a controller writes becomes triggers. A register is a state and no message: a controller writes it again and again, and
 * what stands in it may be of yesterday. So a number is looked at once, when it comes to stand there: one that is refused then
 * is about a part that has gone when it is written again. And a controller begins with a 0, both after its own restart and
 * after the station's. For any thread; returns at once.
 */
final class TriggerRegisters {

    /** Numbers are 1 to 65,535, and after the last comes the first; 0 is no part. */
    static final int NUMBERS = 0xFFFF;

    /** From here on a number is taken to be behind the last, not ahead. */
    static final int BEHIND = NUMBERS / 2 + 1;

    private static final Logger log = LoggerFactory.getLogger(TriggerRegisters.class);

    /** Why a number was no trigger. The codes are on the wire: they stay. */
    enum Refusal {
        NONE(0, "it was taken"),
        NOT_BEGUN(1, "the controller has not begun with 0 since the station started"),
        BEHIND(2, "it is behind the last; begin anew with 0"),
        PART(3, "the part's registers hold no name of a part"),
        NOT_RUNNING(4, "the line does not run");

        final int code;
        final String why;

        Refusal(int code, String why) {
            this.code = code;
            this.why = why;
        }
    }

    private final Signals signals;
    private final PartRegisters part;
    private boolean begun;
    private int written;
    private int taken;
    private OptionalLong count = OptionalLong.empty();
    private Refusal refusal = Refusal.NONE;
    private long refused;

    TriggerRegisters(Signals signals, ModbusTriggers.Naming naming) {
        this.signals = signals;
        this.part = new PartRegisters(naming);
    }

    synchronized int part(int index) {
        return part.get(index);
    }

    synchronized void writePart(int index, int word) {
        part.set(index, word);
    }

    /** What the controller wrote last. */
    synchronized int number() {
        return written;
    }

    /** The number of the last trigger that was taken; 0 before the first. */
    synchronized int taken() {
        return taken;
    }

    synchronized boolean hasBegun() {
        return begun;
    }

    /** Numbers that were no triggers, each counted once however often it is written in a row. */
    synchronized long refused() {
        return refused;
    }

    /** Why the last number was refused, if it was. */
    synchronized Refusal refusal() {
        return refusal;
    }

    /** @param number 16 bits */
    synchronized void writeNumber(int number) {
        long atNanos = System.nanoTime();
        if (number == 0) {
            begin();
        } else if (number != written) {
            written = number;
            refusal = take(atNanos);
            part.clear();
            if (refusal != Refusal.NONE) {
                refuse();
            }
        }
    }

    private void begin() {
        begun = true;
        written = 0;
        taken = 0;
        count = OptionalLong.empty();
        part.clear();
        signals.beginAnew();
    }

    private Refusal take(long atNanos) {
        if (!begun) {
            return Refusal.NOT_BEGUN;
        }
        int ahead = taken == 0 ? 1 : Math.floorMod(written - taken, NUMBERS);
        if (ahead >= BEHIND) {
            return Refusal.BEHIND;
        }
        if (ahead == 0) {
            return Refusal.NONE; // the last one's again, after one that was refused
        }
        Optional<String> name;
        try {
            name = part.name();
        } catch (IllegalArgumentException e) {
            return Refusal.PART;
        }
        long counted = count.isPresent() ? count.getAsLong() + ahead : written;
        if (signals.signal(new Signals.Signal(OptionalLong.of(counted), name, atNanos)) != Signals.Reception.ACCEPTED) {
            return Refusal.NOT_RUNNING;
        }
        count = OptionalLong.of(counted);
        taken = written;
        return Refusal.NONE;
    }

    /** The first is told, and each tenfold number, as of messages. */
    private void refuse() {
        refused++;
        if (Long.toString(refused).matches("10*")) {
            log.warn("the controller's trigger {} is refused: {} ({} so far)", written, refusal.why, refused);
        }
    }
}
