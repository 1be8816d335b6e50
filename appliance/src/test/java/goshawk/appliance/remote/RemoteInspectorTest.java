package goshawk.appliance.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Point;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.remote.FaultyServer.Mood;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A station whose only model is on the other side of a socket. */
class RemoteInspectorTest {

    static final Pose POSE = new Pose(new Point(80, 64), 8, 0, 0);

    private static final Duration TAKT = Duration.ofMillis(500);

    @Test
    void aVerdictOnAPart() throws IOException {
        try (var server = new FaultyServer();
                var inspector = inspector(server, recipe())) {
            server.answer = "{\"verdict\":\"REJECT\"}";
            Inspection.Completed seen = look(inspector);
            assertThat(seen.scores()).singleElement().satisfies(score -> {
                assertThat(score.score()).isEqualTo(1);
                assertThat(score.region()).isEqualTo("left");
            });
            assertThat(seen.findings()).singleElement().satisfies(finding -> {
                assertThat(finding.defect()).isEqualTo("scratch");
                assertThat(finding.region()).as("the region").isEqualTo(new Region(24, 32, 88, 96));
            });
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Mood.class,
            names = {"WELL"},
            mode = EnumSource.Mode.EXCLUDE)
    void withoutAnAnswerNothingWasInspectedAndThatIsKnownOnTime(Mood mood) throws IOException {
        try (var server = new FaultyServer();
                var inspector = inspector(server, recipe())) {
            server.mood = mood;
            long start = System.nanoTime();
            assertThatThrownBy(() -> look(inspector))
                    .isInstanceOfSatisfying(
                            InspectionException.class,
                            e -> assertThat(e.reason()).isIn(Cause.LATE, Cause.ENGINE));
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("%s", mood)
                    .isLessThan(TAKT.plusMillis(75));
        }
    }

    @Test
    void questionsGoOutTogetherButNotTooMany() throws IOException {
        List<DefectPrompt> prompts = IntStream.range(0, 6)
                .mapToObj(i -> prompt("p" + i, "Question " + i + "?"))
                .toList();
        try (var server = new FaultyServer();
                var inspector = inspector(server, recipe(prompts))) {
            server.thinksMs = 40;
            Inspection.Completed seen = look(inspector);
            assertThat(seen.scores())
                    .extracting(score -> score.prompt().id())
                    .as("in the recipe's order")
                    .containsExactly("p0", "p1", "p2", "p3", "p4", "p5");
            assertThat(server.mostAtOnce).hasValue(2);
        }
    }

    private static RemoteInspector inspector(FaultyServer server, Recipe recipe) {
        var remote = new RemoteServer(server.address(), "big", "", Duration.ofSeconds(5), 2, Optional.of("none"));
        return RemoteInspector.open(remote, recipe, _ -> Poses.of(POSE));
    }

    private static Inspection.Completed look(RemoteInspector inspector) {
        try (Frame frame = frame()) {
            return inspector.inspect(frame, Deadline.of(System.nanoTime(), TAKT, System::nanoTime));
        }
    }

    static Frame frame() {
        return Frame.of(160, 128, new byte[160 * 128 * 3]);
    }

    static Recipe recipe() {
        return recipe(List.of(prompt("p", "Is the surface scratched?")));
    }

    private static DefectPrompt prompt(String id, String question) {
        return Prompts.of(id, question, List.of("scratch"), List.of("left"), Severity.MAJOR, 0.5, 0.2);
    }

    private static Recipe recipe(List<DefectPrompt> prompts) {
        return RecipeDraft.of(160, 128, Map.of("left", new Region(16, 32, 80, 96)))
                .asking(prompts)
                .recipe();
    }
}
