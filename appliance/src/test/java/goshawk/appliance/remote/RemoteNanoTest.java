package goshawk.appliance.remote;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.api.NanoServer;
import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.Frame;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One Goshawk asks another: both ends of the API are ours, and what is between them is HTTP. */
class RemoteNanoTest {

    @TempDir
    Path cache;

    @Test
    void aPartIsJudgedByTheModelOfAnotherMachine() {
        Recipe recipe = RecipeFile.read(
                Path.of(System.getProperty("goshawk.root", "..")).resolve("recipes/bracket.yaml"));
        var part = BracketRenderer.render(3, 0, RenderOptions.USUAL);
        try (var server = NanoServer.start(cache)) {
            var remote = new RemoteServer(
                    server.address(), server.model(), NanoServer.TOKEN, Duration.ofSeconds(60), 2, Optional.of("none"));
            try (var inspector = RemoteInspector.open(
                            remote, recipe, _ -> Poses.of(Pose.nominal(part.width(), part.height())));
                    Frame frame = Frame.of(part.width(), part.height(), part.rgb())) {
                Inspection.Completed seen = inspector.inspect(
                        frame, Deadline.of(System.nanoTime(), Duration.ofMinutes(2), System::nanoTime));
                assertThat(seen.scores()).hasSameSizeAs(recipe.prompts());
                assertThat(seen.scores())
                        .as("shares from the server's logprobs, not a bare word")
                        .anySatisfy(score -> assertThat(score.score()).isStrictlyBetween(0.0, 1.0));
                assertThat(seen.findings())
                        .allSatisfy(finding -> assertThat(finding.answer()).startsWith("{\"verdict\":\""));
            }
        }
    }
}
