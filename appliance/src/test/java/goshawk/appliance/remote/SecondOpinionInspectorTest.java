package goshawk.appliance.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.SecondOpinion;
import goshawk.appliance.domain.SecondOpinion.State;
import goshawk.appliance.domain.Verdict;
import goshawk.appliance.remote.FaultyServer.Mood;
import goshawk.appliance.remote.SecondOpinionInspector.Settings;
import goshawk.appliance.remote.SecondOpinionInspector.When;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Region;
import goshawk.camera.Views;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Real HTTP on this machine; only the line's own model is made up. */
class SecondOpinionInspectorTest {

    private static final Duration TAKT = Duration.ofMillis(600);
    private static final Duration RESERVE = Duration.ofMillis(150);
    private static final String REJECTS =
            "{\"verdict\":\"REJECT\",\"findings\":[{\"defect\":\"scratch\",\"box\":[250,500,750,1000]}]}";

    private final AtomicLong breakersTime = new AtomicLong();
    private FaultyServer server;
    private double ownScore = 0.01;
    private boolean ownFails;

    @BeforeEach
    void start() throws IOException {
        server = new FaultyServer();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    /** Never milder: what the line's model says is the least. */
    @ParameterizedTest
    @CsvSource({
        "0.01, PASS,   PASS",
        "0.01, REVIEW, REVIEW",
        "0.01, REJECT, REVIEW",
        "0.30, PASS,   REVIEW",
        "0.30, REVIEW, REVIEW",
        "0.30, REJECT, REJECT",
        "0.90, PASS,   REJECT",
        "0.90, REVIEW, REJECT",
        "0.90, REJECT, REJECT"
    })
    void theStricterCountsByOneStep(double own, String second, String verdict) {
        ownScore = own;
        server.answer = second.equals("REJECT") ? REJECTS : "{\"verdict\":\"%s\"}".formatted(second);
        try (var inspector = inspector(When.ALWAYS)) {
            Inspection.Completed seen = look(inspector);
            assertThat(new DecisionPolicy().decide(seen).code()).isEqualTo(verdict);
            assertThat(seen.second())
                    .hasValueSatisfying(
                            it -> assertThat(it.state()).as("%s", it).isEqualTo(State.ANSWERED));
            assertThat(seen.scores()).as("the line's own").hasSize(1);
        }
    }

    @Test
    void boxesComeBackAsPixelsOfThePicture() {
        server.answer = REJECTS;
        try (var inspector = inspector(When.ALWAYS)) {
            SecondOpinion second = look(inspector).second().orElseThrow();
            // The region is [16, 32, 80, 96], the part lies 8 px to the right.
            assertThat(second.findings())
                    .containsExactly(new Finding("p", "scratch", 1, new Region(40, 64, 72, 96), REJECTS));
        }
    }

    @Test
    void theModelIsShownTheRegionAndAskedTheRecipesQuestion() {
        try (var inspector = inspector(When.ALWAYS)) {
            look(inspector);
            assertThat(server.requests)
                    .singleElement()
                    .satisfies(request -> assertThat(request)
                            .startsWith("POST /v1/chat/completions HTTP/1.1")
                            .contains("Authorization: Bearer secret-of-the-station")
                            .contains("Is the surface scratched?")
                            .contains("data:image/png;base64,iVBOR")
                            .contains("\"model\":\"big\"")
                            .contains("\"enum\":[\"scratch\"]"));
        }
    }

    @ParameterizedTest
    @CsvSource({"0.01, 0", "0.30, 1", "0.90, 0"})
    void inDoubtOnlyIsAskedInDoubtOnly(double own, int asked) {
        ownScore = own;
        try (var inspector = inspector(When.REVIEW)) {
            assertThat(look(inspector).second().isPresent()).isEqualTo(asked == 1);
            assertThat(server.requests).hasSize(asked);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Mood.class,
            names = {"WELL"},
            mode = EnumSource.Mode.EXCLUDE)
    void whateverTheServerDoesTheVerdictIsOnTimeAndTheLinesOwn(Mood mood) {
        server.mood = mood;
        for (When when : List.of(When.ALWAYS, When.REVIEW)) {
            ownScore = when == When.REVIEW ? 0.3 : 0.01;
            try (var inspector = inspector(when)) {
                long start = System.nanoTime();
                Inspection.Completed seen = look(inspector);
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .as("%s, %s", mood, when)
                        .isLessThan(TAKT.minus(RESERVE).plusMillis(75));
                assertThat(seen.second().orElseThrow().state()).isIn(State.LATE, State.FAILED);
                assertThat(seen.second().orElseThrow().detail()).isNotEmpty();
                assertThat(new DecisionPolicy().decide(seen).code()).isEqualTo(when == When.REVIEW ? "REVIEW" : "PASS");
            }
        }
    }

    @Test
    void aServerThatIsNotThereChangesNothing() throws IOException {
        server.close();
        try (var inspector = inspector(When.ALWAYS)) {
            Inspection.Completed seen = look(inspector);
            assertThat(seen.second().orElseThrow().state()).isEqualTo(State.FAILED);
            assertThat(new DecisionPolicy().decide(seen)).isEqualTo(new Verdict.Pass());
        }
    }

    @Test
    void theBreakerOpensAndTriesAgainAndCloses() {
        server.mood = Mood.FAILS;
        try (var inspector = inspector(When.ALWAYS)) {
            for (int i = 0; i < 3; i++) {
                assertThat(look(inspector).second().orElseThrow().state()).isEqualTo(State.FAILED);
            }
            for (int i = 0; i < 5; i++) {
                assertThat(look(inspector).second().orElseThrow().state()).isEqualTo(State.NOT_ASKED);
            }
            assertThat(server.requests).as("it is left alone").hasSize(3);
            server.mood = Mood.WELL;
            breakersTime.addAndGet(Duration.ofSeconds(5).toNanos());
            for (int i = 0; i < 4; i++) {
                assertThat(look(inspector).second().orElseThrow().state()).isEqualTo(State.ANSWERED);
            }
        }
    }

    @Test
    void whenTheLinesOwnModelFailsTheOthersAnswerCountsForNothing() {
        ownFails = true;
        try (var inspector = inspector(When.ALWAYS)) {
            assertThatThrownBy(() -> look(inspector)).isInstanceOf(InspectionException.class);
            ownFails = false;
            assertThat(look(inspector).second().orElseThrow().state()).isEqualTo(State.ANSWERED);
        }
    }

    private SecondOpinionInspector inspector(When when) {
        var remote = new RemoteServer(
                server.address(), "big", "secret-of-the-station", Duration.ofSeconds(5), 2, Optional.empty());
        var breaker = new CircuitBreaker(3, Duration.ofSeconds(5), Duration.ofSeconds(60), breakersTime::get);
        return SecondOpinionInspector.open(
                new RemoteQuestions(remote, RemoteInspectorTest.recipe(), breaker),
                new Settings(remote, when, RESERVE),
                _ -> Poses.of(RemoteInspectorTest.POSE),
                Own::new);
    }

    private static Inspection.Completed look(Inspector inspector) {
        try (Frame frame = RemoteInspectorTest.frame()) {
            return inspector.inspect(frame, Deadline.of(System.nanoTime(), TAKT, System::nanoTime));
        }
    }

    /** The line's model, with the score that the test wants. */
    private final class Own implements Inspector {

        private final PartLocator locator;

        Own(PartLocator locator) {
            this.locator = locator;
        }

        @Override
        public Inspection.Completed inspect(Views views, Deadline deadline) {
            Pose pose = locator.locate(views).in(Views.ONLY);
            if (ownFails) {
                throw new InspectionException(Cause.ENGINE, "run failed");
            }
            DefectPrompt prompt = RemoteInspectorTest.recipe().prompts().getFirst();
            var score = new PromptScore(prompt, "left", ownScore, 0);
            Region place = pose.toActual(new Region(16, 32, 80, 96), 160, 128);
            List<Finding> findings =
                    score.needsExplanation() ? List.of(new Finding("p", "scratch", ownScore, place, "{}")) : List.of();
            return new Inspection.Completed(List.of(score), findings, Records.TIMINGS);
        }

        @Override
        public void close() {
            locator.close();
        }
    }
}
