package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.Pose;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.Engines;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.Frame;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.RenderOptions;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.Patches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same part gets the same answer, bit by bit: in another process, in another order, after other parts. For one number
 * of threads: with another one, sums may be taken in another order.
 */
class ReproducibilityTest {

    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));
    private static final int THREADS = 2;
    private static final int PARTS = 3;

    @TempDir
    Path dir;

    @Test
    void everyLogitOfAPartIsTheSameWheneverItIsJudged() throws IOException, InterruptedException {
        EngineBuilder.build(checkpoint(), dir, (_, _, _) -> {});
        List<String> first = judged(List.of(0, 1, 2));
        List<String> second = judged(List.of(2, 0, 1, 0));
        assertThat(first).hasSize(PARTS).doesNotHaveDuplicates();
        assertThat(second).containsExactly(first.get(2), first.get(0), first.get(1), first.get(0));
    }

    /** A process of its own; a line for each part, in the order in which they are judged. */
    private List<String> judged(List<Integer> parts) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-Dgoshawk.root=" + ROOT,
                "-cp",
                System.getProperty("java.class.path"),
                Judge.class.getName(),
                dir.toString()));
        parts.forEach(part -> command.add(part.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s", printed).isZero();
        return printed.lines().filter(line -> line.startsWith("part ")).toList();
    }

    private static Path checkpoint() {
        return ROOT.resolve("trt-build/nano/checkpoint");
    }

    static final class Judge {

        public static void main(String[] args) {
            Recipe recipe = RecipeFile.read(ROOT.resolve("recipes/bracket.yaml"));
            var folder = EngineBuilder.build(checkpoint(), Path.of(args[0]), (_, _, _) -> {});
            var engine = new Listening(Engines.open(folder, THREADS));
            try (var inspector = ModelInspector.open(
                    engine,
                    ModelInput.open(checkpoint()),
                    recipe,
                    _ -> Poses.of(
                            Pose.nominal(recipe.only().widthPx(), recipe.only().heightPx())),
                    new PrefixCounters(PrefixCounters.USUAL_BYTES),
                    Optional.empty())) {
                Arrays.stream(args).skip(1).mapToInt(Integer::parseInt).forEach(part -> {
                    engine.heard.reset();
                    Inspection.Completed seen = look(inspector, part);
                    System.out.printf(
                            "part %d logits %08x scores %s findings %s%n",
                            part,
                            engine.heard.getValue(),
                            seen.scores().stream()
                                    .map(it -> Double.toHexString(it.score()) + " " + Double.toHexString(it.doubt()))
                                    .toList(),
                            seen.findings());
                });
            }
        }

        private static Inspection.Completed look(ModelInspector inspector, int part) {
            var drawn = BracketRenderer.render(20261125, part, RenderOptions.USUAL);
            try (Frame frame = Frame.of(drawn.width(), drawn.height(), drawn.rgb())) {
                return inspector.inspect(frame, new Deadline(Long.MAX_VALUE / 2, () -> 0));
            }
        }
    }

    /** Takes down every logit, in the order in which they come. */
    private static final class Listening implements Engine {

        private final Engine engine;
        private final CRC32C heard = new CRC32C();

        Listening(Engine engine) {
            this.engine = engine;
        }

        private void hear(float[] logits) {
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * logits.length);
            bytes.asFloatBuffer().put(logits);
            heard.update(bytes);
        }

        @Override
        public EngineIdentity identity() {
            return engine.identity();
        }

        @Override
        public PictureFeatures see(Patches patches) {
            return engine.see(patches);
        }

        @Override
        public Context start() {
            return engine.start();
        }

        @Override
        public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
            Step step = engine.read(past, tokens, pictures);
            hear(step.logits());
            return step;
        }

        @Override
        public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
            ask(past, continuations); // to hear all
            return engine.ask(past, continuations, tokens);
        }

        @Override
        public List<float[]> ask(Context past, List<int[]> continuations) {
            List<float[]> logits = engine.ask(past, continuations);
            logits.forEach(this::hear);
            return logits;
        }

        @Override
        public void close() {
            engine.close();
        }
    }
}
