package goshawk.appliance.remote;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Timings;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.camera.Cause;
import goshawk.camera.Views;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;

/**
 * A station whose model is on another machine. The part is found and its regions are cut here; what comes back is judged
 * by the same thresholds. What does not come back in time is NOT_INSPECTED, and the part goes nowhere.
 *
 * <p>Belongs to the line's thread.
 */
public final class RemoteInspector implements Inspector {

    private final RemoteQuestions questions;
    private final Recipe recipe;
    private final PartLocator locator;

    RemoteInspector(RemoteQuestions questions, Recipe recipe, PartLocator locator) {
        this.questions = questions;
        this.recipe = recipe;
        this.locator = locator;
    }

    /** @param locator taken over; of the calling thread */
    public static RemoteInspector open(RemoteServer server, Recipe recipe, PartLocator locator) {
        return new RemoteInspector(new RemoteQuestions(server, recipe), recipe, locator);
    }

    /** Which server and which of its models is asked. The weights behind that name are out of our sight. */
    public static EngineIdentity identity(RemoteServer server) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((server.address() + "\n" + server.model()).getBytes(StandardCharsets.UTF_8));
            return new EngineIdentity(
                    server.model(), HexFormat.of().formatHex(digest), "not known", "remote, " + server.address());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public Inspection.Completed inspect(Views views, Deadline deadline) {
        recipe.require(views);
        long start = deadline.nanoTime().getAsLong();
        Poses poses = locator.locate(views);
        long found = deadline.nanoTime().getAsLong();
        RemoteQuestions.Answers answers = answers(views, poses, deadline);
        long end = deadline.nanoTime().getAsLong();
        return new Inspection.Completed(
                answers.scores(),
                answers.findings(),
                new Timings(
                        Duration.ofNanos(found - start),
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ofNanos(end - found),
                        Duration.ZERO,
                        Duration.ofNanos(end - start)));
    }

    private RemoteQuestions.Answers answers(Views views, Poses poses, Deadline deadline) {
        RemoteQuestions.Asking asking = questions
                .ask(views, poses, (_, _) -> true, questions.within(deadline, Duration.ZERO))
                .orElseThrow(() -> new InspectionException(
                        Cause.ENGINE,
                        "%s has failed too often of late and is left alone for a while".formatted(questions.server())));
        try {
            return asking.await();
        } catch (RemoteException e) {
            throw new InspectionException(e.isLate() ? Cause.LATE : Cause.ENGINE, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        try (questions;
                locator) {
            // both, whatever happens
        }
    }
}
