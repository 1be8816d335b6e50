package goshawk.appliance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.inspect.MaskSpeedTest;
import goshawk.appliance.inspect.ModelInput;
import goshawk.appliance.inspect.ModelInspector;
import goshawk.appliance.inspect.PromptSpeedTest;
import goshawk.appliance.inspect.SpeedTest;
import goshawk.appliance.inspect.SpeedTest.Round;
import goshawk.appliance.pose.ViewLocator;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.KindMix;
import goshawk.camera.sim.RenderOptions;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.ProcessMemory;
import goshawk.trtbuild.SyntheticTokenizer;
import goshawk.trtbuild.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Where the time of one part goes: one picture, one prompt, without pose and record; then eight prompts beside one;",
            "the same part with the engine in a process of its own, in turns; and what masks cost, of one answer and of drawn parts.",
            "With --python the same work in transformers (FP32, two threads) beside it, in the same run."
        })
final class BenchCommand implements Callable<Integer> {

    private static final int WARM_UP = 3;
    private static final int TRANSFORMERS_THREADS = 2;

    /** Tokens of a long prompt, and of what is said before one about a picture of a megapixel. */
    private static final int LONG_PROMPT = 40;

    private static final int LONG_PAST = 1_064;

    /** The first half of them is for the virtual machine to warm up. */
    private static final int LEAST_MASK_ROUNDS = 30;

    /** Every way in which a drawn part is bad, evenly; of a seed that nothing was trained or chosen on. */
    private static final String BAD_KINDS =
            "missing_bolt=1,wrong_bolt=1,cross_threaded=1,scratch=1,crack=1,dent=1,bad_label=1,obscured=1";

    private static final long PARTS_SEED = 7_700_003;

    private static final List<String> EIGHT_QUESTIONS = List.of(
            "Is a bolt missing?",
            "Is a wrong bolt fitted?",
            "Is a bolt cross-threaded?",
            "Is the surface scratched?",
            "Is the part cracked?",
            "Is the part dented?",
            "Is the label wrong?",
            "Is the board defective?");

    @Option(names = "--rounds", defaultValue = "30", description = "Parts to time (${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--side",
            defaultValue = "448",
            description = "Side of the square picture in pixels (${DEFAULT-VALUE}).")
    private int side;

    @Option(names = "--decode", defaultValue = "24", description = "Tokens of an explanation (${DEFAULT-VALUE}).")
    private int decoded;

    @Option(names = "--question", defaultValue = "Is a bolt missing?", description = "The prompt (${DEFAULT-VALUE}).")
    private String question = "";

    @Option(
            names = "--parts",
            defaultValue = "100",
            description = {
                "Drawn bad brackets whose answers' masks are timed (${DEFAULT-VALUE}).",
                "0 for a checkpoint that takes long, or that does not know the bracket's questions."
            })
    private int parts;

    @Option(names = "--python", description = "Compare with transformers; the launcher sets up Python.")
    private boolean python;

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() throws InterruptedException {
        byte[] picture = picture();
        EngineFolder folder = model.engine();
        try (ModelInput input = ModelInput.open(model.checkpoint());
                Engine engine = model.open(folder)) {
            var test = new SpeedTest(engine, input, question);
            int[] prompt = test.prompt(test.pictureTokens(picture, side, side));
            List<Round> measured = measure(test, picture);
            System.out.printf(
                    "%s, %s, %d threads; picture %d×%d, prompt of %d tokens, %d decoded, %d rounds%n%n",
                    engine.identity().name(),
                    engine.identity().runtime(),
                    model.threads(),
                    side,
                    side,
                    prompt.length,
                    decoded,
                    rounds);
            Optional<JsonNode> theirs = python ? Optional.of(transformers(picture, prompt)) : Optional.empty();
            System.out.printf(
                    "%-16s %9s %9s   %s%n", "milliseconds", "P50", "P99", python ? "transformers P50, ratio" : "");
            row("pixels", measured, Round::pixels, theirs, "pixels");
            row("vision", measured, Round::vision, theirs, "vision");
            row("prefill", measured, Round::prefill, Optional.empty());
            row("score", measured, Round::score, Optional.empty());
            row("prefill + score", measured, round -> round.prefill() + round.score(), theirs, "read");
            row(
                    "decode, a token",
                    measured,
                    round -> round.decode() / Math.max(1, decoded),
                    theirs.map(this::aToken),
                    "decode");
            row("scored part", measured, Round::scored, theirs, "pixels", "vision", "read");
            row("explained part", measured, Round::explained, theirs, "pixels", "vision", "read", "decode");
            eightPrompts(engine, input, test.prefixTokens(prompt), measured);
            ownProcess(folder, input, picture);
            masks(input, median(measured, round -> round.decode() / Math.max(1, decoded)));
        }
        if (parts > 0) {
            masksOfParts(folder);
        }
        System.out.printf("%nresident memory of this process: %d MiB%n", ProcessMemory.resident() >> 20);
        return 0;
    }

    /** One prompt, eight one after the other, eight in one pass: their scores alone, and with what comes before them. */
    private void eightPrompts(Engine engine, ModelInput input, int pastTokens, List<Round> parts) {
        double before = median(parts, round -> round.scored() - round.score());
        var usual = PromptSpeedTest.of(engine, input, EIGHT_QUESTIONS, pastTokens);
        System.out.printf(
                "%n%-44s %8s %15s %15s%n", "milliseconds (P50), times one prompt", "one", "eight apart", "together");
        prompts("scores: %d tokens after %d", usual, 0);
        prompts("scores: %d tokens after %d", usual.withPromptsOf(LONG_PROMPT), 0);
        var longPast = PromptSpeedTest.of(engine, input, EIGHT_QUESTIONS, LONG_PAST);
        prompts("scores: %d tokens after %d", longPast, 0);
        prompts("scores: %d tokens after %d", longPast.withPromptsOf(LONG_PROMPT), 0);
        prompts("whole part: %d tokens after %d", usual, before);
        prompts("whole part: %d tokens after %d", usual.withPromptsOf(LONG_PROMPT), before);
    }

    /**
     * What the form of an answer costs, with the model's own vocabulary and with one of the published size.
     *
     * @param step milliseconds of a decoded token with the model's own
     */
    private void masks(ModelInput input, double step) {
        System.out.printf(
                "%n%-44s %8s %8s %s%n",
                "masks, microseconds (P50 of rounds)", "mean", "largest", "mean, of a decoded token");
        masks(input.tokenizer(), Optional.of(step));
        try {
            Path folder = Files.createTempDirectory("goshawk-bench");
            SyntheticTokenizer.write(folder);
            try (var large = Tokenizer.open(folder)) {
                masks(large, Optional.empty());
            }
        } catch (IOException e) {
            throw new CommandException("the large vocabulary could not be made up: " + e, e);
        }
    }

    private void masks(Tokenizer tokenizer, Optional<Double> step) {
        var test = new MaskSpeedTest(tokenizer);
        List<MaskSpeedTest.Round> measured = new ArrayList<>();
        for (int i = 0; i < Math.max(rounds, LEAST_MASK_ROUNDS); i++) {
            measured.add(test.round());
        }
        String words = "%,d tokens, ".formatted(tokenizer.size());
        masks(words + "first masks, first round", measured.subList(0, 1), MaskSpeedTest.Round::first, step);
        List<MaskSpeedTest.Round> warm = measured.subList(measured.size() / 2, measured.size());
        masks(words + "first masks", warm, MaskSpeedTest.Round::first, step);
        masks(words + "known masks", warm, MaskSpeedTest.Round::known, step);
    }

    /** What parts really pay, from the opening of the inspector on, beside the engine's calls for the same answers. */
    private void masksOfParts(EngineFolder folder) {
        Recipe recipe = RecipeFile.read(Home.path().resolve("recipes/bracket.yaml"));
        var options = new RenderOptions(KindMix.parse(BAD_KINDS), true);
        try (var inspector = ModelInspector.open(
                        model.openHere(folder),
                        ModelInput.open(model.checkpoint()),
                        recipe,
                        ViewLocator.of(recipe),
                        new PrefixCounters(PrefixCounters.USUAL_BYTES),
                        Optional.empty());
                var progress = Progress.start("Drawn parts", parts)) {
            var answers = MaskSpeedTest.answers(
                    inspector,
                    index -> {
                        progress.at(index);
                        var part = BracketRenderer.render(PARTS_SEED, index, options);
                        return Frame.of(part.width(), part.height(), part.rgb());
                    },
                    parts);
            masksOfParts(answers);
        }
    }

    private void masksOfParts(MaskSpeedTest.Answers answers) {
        System.out.printf(
                "%n%-44s %8s %8s %s%n",
                "masks of drawn parts, microseconds", "mean", "largest", "all, of the engine's time");
        System.out.printf(
                "%-44s %8.1f %8.1f %.2f %%%n",
                "%d answers of %d parts, %d masks".formatted(answers.answers(), parts, answers.masks()),
                answers.masking() / 1e3 / Math.max(1, answers.masks()),
                answers.longestMask() / 1e3,
                100.0 * answers.masking() / Math.max(1, answers.inEngine()));
        System.out.printf(
                "%-44s %8.1f %8s %.2f %%%n",
                "with choices and what is put in, a mask",
                answers.own() / 1e3 / Math.max(1, answers.masks()),
                "",
                100.0 * answers.own() / Math.max(1, answers.inEngine()));
        System.out.printf(
                "%-44s %8.1f%n",
                "the engine, %d calls".formatted(answers.steps()),
                answers.inEngine() / 1e3 / Math.max(1, answers.steps()));
    }

    private static void masks(
            String name,
            List<MaskSpeedTest.Round> rounds,
            Function<MaskSpeedTest.Round, MaskSpeedTest.Masks> which,
            Optional<Double> step) {
        double mean = 1e3 * median(rounds, round -> which.apply(round).mean());
        double largest = 1e3 * median(rounds, round -> which.apply(round).largest());
        String share = step.map(ms -> "%.2f %%".formatted(mean / ms / 10)).orElse("");
        System.out.printf("%-44s %8.1f %8.1f %s%n", name, mean, largest, share);
    }

    /** @param before milliseconds of what all prompts share, once */
    private void prompts(String name, PromptSpeedTest test, double before) {
        List<PromptSpeedTest.Round> measured = test.rounds(rounds);
        double one = before + median(measured, PromptSpeedTest.Round::one);
        double apart = before + median(measured, PromptSpeedTest.Round::apart);
        double together = before + median(measured, PromptSpeedTest.Round::together);
        System.out.printf(
                "%-44s %8.2f %8.2f %4.2f × %8.2f %4.2f ×%n",
                name.formatted(test.promptTokens(), test.pastTokens()),
                one,
                apart,
                apart / one,
                together,
                together / one);
    }

    /** The same part in turns, here and in a process: what the way there and back costs. */
    private void ownProcess(EngineFolder folder, ModelInput input, byte[] picture) {
        try (Engine here = model.openHere(folder);
                Engine process = model.openProcess(folder, _ -> {})) {
            var tests = List.of(new SpeedTest(here, input, question), new SpeedTest(process, input, question));
            List<List<Round>> measured = List.of(new ArrayList<>(), new ArrayList<>());
            for (int i = -WARM_UP; i < rounds; i++) {
                for (int k = 0; k < 2; k++) {
                    Round round = tests.get(k).round(picture, side, side, decoded);
                    if (i >= 0) {
                        measured.get(k).add(round);
                    }
                }
            }
            System.out.printf(
                    "%n%-28s %9s %9s   ratio, of the fastest rounds%n",
                    "milliseconds (P50), in turns", "here", "process");
            inTurns("vision", measured, Round::vision);
            inTurns("prefill", measured, Round::prefill);
            inTurns("score", measured, Round::score);
            inTurns("decode, a token", measured, round -> round.decode() / Math.max(1, decoded));
            inTurns("scored part", measured, Round::scored);
            inTurns("explained part", measured, Round::explained);
        }
    }

    private static void inTurns(String name, List<List<Round>> measured, ToLongFunction<Round> step) {
        double here = median(measured.get(0), step);
        double process = median(measured.get(1), step);
        // On a machine that has other work the fastest rounds are those that it let alone.
        double fastest = fastest(measured.get(1), step) / fastest(measured.get(0), step);
        System.out.printf("%-28s %9.2f %9.2f   %.3f × %.3f ×%n", name, here, process, process / here, fastest);
    }

    private static double fastest(List<Round> rounds, ToLongFunction<Round> step) {
        return rounds.stream().mapToLong(step).min().orElseThrow();
    }

    private static <T> double median(List<T> rounds, ToLongFunction<T> step) {
        return percentile(
                rounds.stream()
                        .mapToDouble(round -> step.applyAsLong(round) / 1e6)
                        .sorted()
                        .toArray(),
                0.5);
    }

    private List<Round> measure(SpeedTest test, byte[] picture) {
        List<Round> measured = new ArrayList<>();
        try (var progress = Progress.start("Rounds", rounds)) {
            for (int i = -WARM_UP; i < rounds; i++) {
                Round round = test.round(picture, side, side, decoded);
                if (i >= 0) {
                    measured.add(round);
                    progress.step();
                }
            }
        }
        return measured;
    }

    /** The middle of a drawn part. */
    private byte[] picture() {
        var part = BracketRenderer.render(1, 0, RenderOptions.USUAL);
        if (side < 32 || side > part.height()) {
            throw new CommandException("--side %d: the drawn picture gives 32 to %d".formatted(side, part.height()));
        }
        byte[] middle = new byte[side * side * 3];
        int left = (part.width() - side) / 2;
        int top = (part.height() - side) / 2;
        for (int y = 0; y < side; y++) {
            System.arraycopy(part.rgb(), ((top + y) * part.width() + left) * 3, middle, y * side * 3, side * 3);
        }
        return middle;
    }

    private static void row(
            String name, List<Round> rounds, ToLongFunction<Round> step, Optional<JsonNode> theirs, String... parts) {
        double[] ms = rounds.stream()
                .mapToDouble(round -> step.applyAsLong(round) / 1e6)
                .sorted()
                .toArray();
        double median = percentile(ms, 0.5);
        String beside = theirs.map(steps -> {
                    double other = sumOfMedians(steps, parts);
                    return "%9.2f   %.2f ×".formatted(other, other / median);
                })
                .orElse("");
        System.out.printf("%-16s %9.2f %9.2f   %s%n", name, median, percentile(ms, 0.99), beside);
    }

    private JsonNode aToken(JsonNode steps) {
        var decode = new ObjectMapper().createObjectNode();
        var each = decode.putArray("decode");
        steps.path("decode").forEach(all -> each.add(all.asDouble() / Math.max(1, decoded)));
        return decode;
    }

    private static double sumOfMedians(JsonNode steps, String... parts) {
        double sum = 0;
        for (String part : parts) {
            List<Double> values = new ArrayList<>();
            steps.path(part).forEach(value -> values.add(value.asDouble()));
            sum += percentile(values.stream().mapToDouble(it -> it).sorted().toArray(), 0.5);
        }
        return sum;
    }

    /** By nearest rank: always a value that was measured. */
    private static double percentile(double[] sorted, double share) {
        return sorted[Math.clamp((long) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
    }

    private JsonNode transformers(byte[] rgb, int[] prompt) throws InterruptedException {
        String interpreter = System.getenv("GOSHAWK_PYTHON");
        if (interpreter == null) {
            throw new CommandException("--python wants the launcher's Python: run ./goshawk bench --python");
        }
        try {
            Path folder = Files.createTempDirectory("goshawk-bench");
            Path png = folder.resolve("picture.png");
            try (Frame frame = Frame.of(side, side, rgb)) {
                PictureFile.writePng(frame, true, png);
            }
            Path ids = Files.writeString(folder.resolve("prompt.json"), Arrays.toString(prompt));
            Process process = new ProcessBuilder(
                            interpreter,
                            Home.path()
                                    .resolve("trt-build/bench/transformers_bench.py")
                                    .toString(),
                            model.checkpoint().toString(),
                            png.toString(),
                            ids.toString(),
                            Integer.toString(decoded),
                            Integer.toString(rounds),
                            Integer.toString(TRANSFORMERS_THREADS))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new CommandException("transformers did not run; what it says stands above");
            }
            return new ObjectMapper().readTree(printed);
        } catch (IOException e) {
            throw new CommandException("transformers did not run: " + e, e);
        }
    }
}
