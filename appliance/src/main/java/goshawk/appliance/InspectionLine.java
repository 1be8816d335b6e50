package goshawk.appliance;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.InspectionListener;
import goshawk.appliance.domain.InspectionLog;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.Job;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.LogException;
import goshawk.appliance.domain.Outcome;
import goshawk.appliance.domain.PartGate;
import goshawk.appliance.domain.PictureArchive;
import goshawk.appliance.domain.Verdict;
import goshawk.appliance.engine.EngineException;
import goshawk.camera.Capture;
import goshawk.camera.Cause;
import goshawk.camera.FrameSource;
import goshawk.camera.Trigger;
import goshawk.camera.Views;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The product on one page: capture, inspect, decide, record, release. Publishing is not here on purpose: it drains the
 * outbox that {@link InspectionLog#append} fills, at its own pace, and cannot slow a part down.
 *
 * <p>Always true:
 *
 * <ol>
 *   <li>one trigger leaves one record, or an alarm when even that failed;
 *   <li>a part is released only after its record, and the pictures it speaks of, are durable;
 *   <li>a part is released only by a Pass within the takt. Doing nothing, crashing and being slow all divert it.
 * </ol>
 *
 * <p>Runs on one platform thread of its own: the engine belongs to the thread that made it, and a native call would hold
 * a virtual thread's carrier anyway. Interrupt that thread to stop: the part in hand is finished first.
 */
final class InspectionLine implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(InspectionLine.class);

    private final FrameSource camera;
    private final Inspector inspector;
    private final DecisionPolicy policy = new DecisionPolicy();
    private final PictureArchive pictures;
    private final InspectionLog history;
    private final PartGate gate;
    private final Job job;
    private final LineCounters counters;
    private final InspectionListener listener;
    private final LineClock clock;
    private @Nullable Error fatal;

    /**
     * @param listener hears of each part on this thread: it must hand over and return, as {@link ListenerThread} does
     */
    InspectionLine(
            FrameSource camera,
            Inspector inspector,
            PictureArchive pictures,
            InspectionLog history,
            PartGate gate,
            Job job,
            LineCounters counters,
            InspectionListener listener,
            LineClock clock) {
        this.camera = camera;
        this.inspector = inspector;
        this.pictures = pictures;
        this.history = history;
        this.gate = gate;
        this.job = job;
        this.counters = counters;
        this.listener = listener;
        this.clock = clock;
    }

    @Override
    public void run() {
        try {
            for (Optional<Capture> next = camera.next(); next.isPresent(); next = camera.next()) {
                handle(next.get());
                if (fatal != null) {
                    throw fatal; // nothing in this process is to be trusted now; its supervisor starts a new one
                }
            }
        } catch (InterruptedException e) {
            // Asked to stop. We are between two parts, so nothing is half done.
            Thread.currentThread().interrupt();
        }
    }

    private void handle(Capture capture) {
        counters.trigger();
        // Closed in reverse: the archive lets go of the views before their frames go back to their pools.
        try (Views views = capture.views();
                PictureArchive.Kept kept = pictures.keep(capture)) {
            Inspection inspection = switch (capture) {
                case Capture.Missed missed -> missed(missed);
                case Capture.Image image -> look(image.trigger(), views);
            };
            conclude(capture, inspection, kept);
        } catch (RuntimeException e) {
            counters.alarm();
            log.error("part {} is not released", capture.trigger().part(), e);
        }
    }

    private Inspection missed(Capture.Missed missed) {
        counters.missed(missed.cause());
        return new Inspection.Failed(missed.cause(), missed.detail());
    }

    private Inspection look(Trigger trigger, Views views) {
        Deadline deadline = clock.deadline(trigger, job.takt());
        try {
            Inspection.Completed seen = inspector.inspect(views, deadline);
            return deadline.passed() ? new Inspection.Failed(Cause.LATE, "answered " + after(trigger)) : seen;
        } catch (InspectionException e) {
            return new Inspection.Failed(e.reason(), String.valueOf(e.getMessage()));
        } catch (EngineException e) {
            return new Inspection.Failed(Cause.ENGINE, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            log.error("a bug: part {} is not inspected", trigger.part(), e);
            return new Inspection.Failed(Cause.UNEXPECTED, e.toString());
        } catch (Error e) {
            fatal = e;
            return new Inspection.Failed(Cause.UNEXPECTED, e.toString());
        }
    }

    private void conclude(Capture capture, Inspection inspection, PictureArchive.Kept kept) {
        List<ArchivedPicture> archived;
        try {
            archived = kept.durable();
        } catch (LogException e) {
            conclude(capture, unproven(capture, inspection, e), List.of());
            return;
        }
        conclude(capture, inspection, archived);
    }

    /** Without its pictures nothing proves a verdict; where there is none, its reason stays. The part still gets its record. */
    private static Inspection unproven(Capture capture, Inspection inspection, LogException why) {
        return switch (inspection) {
            case Inspection.Completed _ -> new Inspection.Failed(Cause.ARCHIVE, String.valueOf(why.getMessage()));
            case Inspection.Failed failed -> {
                log.warn(
                        "what was seen of part {} is not kept: {}",
                        capture.trigger().part(),
                        why.getMessage());
                yield failed;
            }
        };
    }

    private void conclude(Capture capture, Inspection inspection, List<ArchivedPicture> archived) {
        Verdict verdict = policy.decide(inspection);
        InspectionRecord record = record(capture, inspection, verdict, archived);
        long id;
        try {
            id = history.append(record);
        } catch (LogException e) {
            counters.alarm();
            log.error("part {} is not released: {}", capture.trigger().part(), e.getMessage());
            return;
        }
        counters.recorded();
        listener.recorded(id, verdict.releasesPart() ? settled(id, record) : record);
    }

    private InspectionRecord record(
            Capture capture, Inspection inspection, Verdict verdict, List<ArchivedPicture> archived) {
        Trigger trigger = capture.trigger();
        return new InspectionRecord(
                trigger,
                capture.isSimulated(),
                job.order(),
                job.shifts().at(trigger.at()),
                job.provenance(),
                inspection,
                verdict,
                clock.since(trigger),
                archived,
                capture.faults(),
                outcome(trigger, verdict.releasesPart() ? Disposition.UNCONFIRMED : gate.unreleased(), ""));
    }

    /** The record of a Pass is durable: what becomes of the part is settled now, and written beside the verdict. */
    private InspectionRecord settled(long id, InspectionRecord record) {
        Outcome outcome = release(record.trigger());
        try {
            history.settle(id, outcome);
            return record.settled(outcome);
        } catch (LogException e) {
            counters.gateAlarm();
            log.error("{}", e.getMessage());
            return record;
        }
    }

    private Outcome release(Trigger trigger) {
        if (clock.deadline(trigger, job.takt()).passed()) {
            return outcome(trigger, gate.unreleased(), "recorded " + after(trigger));
        }
        try {
            Disposition disposition = gate.release(trigger.part());
            if (disposition == Disposition.RELEASED) {
                counters.released();
            }
            return outcome(trigger, disposition, "");
        } catch (RuntimeException e) {
            counters.gateAlarm();
            log.error("the gate failed at part {}", trigger.part(), e);
            return outcome(trigger, Disposition.UNCONFIRMED, "the gate failed: " + e);
        }
    }

    private Outcome outcome(Trigger trigger, Disposition disposition, String detail) {
        return new Outcome(disposition, clock.now(), clock.since(trigger), detail);
    }

    private String after(Trigger trigger) {
        return "%d ms after the trigger, the takt is %d ms"
                .formatted(clock.since(trigger).toMillis(), job.takt().toMillis());
    }
}
