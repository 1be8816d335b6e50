package goshawk.appliance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.PublishedShape;
import goshawk.trtbuild.SyntheticCheckpoint;
import goshawk.trtbuild.SyntheticTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        description = "Checkpoints: what one is and needs, and random ones of any published shape.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ModelCommand.Inspect.class, ModelCommand.Synthesize.class})
final class ModelCommand extends CommandGroup {

    @Command(
            name = "inspect",
            mixinStandardHelpOptions = true,
            description =
                    "Architecture, sizes, quantisation, memory for each target, and what is in the way of running it.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:it can be run here", "1:it cannot; the page says why", "2:no such folder"})
    static final class Inspect implements Callable<Integer> {

        private static final int CANNOT_RUN = 1;

        @Parameters(paramLabel = "DIR", description = "Hugging Face checkpoint folder.")
        private Path folder = Path.of("");

        @Override
        public Integer call() {
            if (!Files.isDirectory(folder)) {
                throw new CommandException(
                        "%s is not a folder; name a Hugging Face checkpoint folder".formatted(folder));
            }
            ModelPage page = ModelPage.of(folder, MemoryNeed.freeBytes());
            page.lines().forEach(System.out::println);
            return page.obstacles().isEmpty() ? ExitCode.OK : CANNOT_RUN;
        }
    }

    @Command(
            name = "synthesize",
            mixinStandardHelpOptions = true,
            description = {
                "Writes a checkpoint with random weights: names, sizes and files as published, knowledge none.",
                "For tests and benchmarks of sizes that are not at hand."
            })
    static final class Synthesize implements Callable<Integer> {

        private static final List<String> COMPANIONS = List.of(
                "tokenizer.json",
                "tokenizer_config.json",
                "chat_template.jinja",
                "chat_template.json",
                "preprocessor_config.json",
                "video_preprocessor_config.json",
                "generation_config.json");

        @Option(
                names = "--like",
                required = true,
                paramLabel = "SHAPE",
                description = "2B, 4B, 8B, 32B, nano, or the config.json of another.")
        private String like = "";

        @Option(names = "--layers", description = "Layers of the text (as published).")
        private Optional<Integer> layers = Optional.empty();

        @Option(names = "--vision-layers", description = "Blocks of the vision tower (as published).")
        private Optional<Integer> visionLayers = Optional.empty();

        @Option(
                names = "--precision",
                defaultValue = "BF16",
                description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
        private SyntheticCheckpoint.Precision precision = SyntheticCheckpoint.Precision.BF16;

        @Option(names = "--fp8", description = "Short for --precision FP8.")
        private boolean isFp8;

        @Option(names = "--thinking", description = "With a template that opens a thought.")
        private boolean isThinking;

        @Option(names = "--seed", defaultValue = "1", description = "Of the weights (${DEFAULT-VALUE}).")
        private long seed;

        @Option(names = "--out", required = true, description = "Folder to write; must not hold a checkpoint.")
        private Path out = Path.of("");

        @Override
        public Integer call() throws IOException {
            if (Files.exists(out.resolve("config.json"))) {
                throw new CommandException("%s holds a checkpoint already; name another folder".formatted(out));
            }
            positive("--layers", layers);
            positive("--vision-layers", visionLayers);
            var checkpoint = SyntheticCheckpoint.like(
                    shape(), layers, visionLayers, isFp8 ? SyntheticCheckpoint.Precision.FP8 : precision, seed);
            Files.createDirectories(out);
            long free = Files.getFileStore(out).getUsableSpace();
            if (free < checkpoint.bytes()) {
                throw new CommandException("%s has room for %s, the checkpoint takes %s; name a folder on a larger disk"
                        .formatted(out, MemoryNeed.words(free), MemoryNeed.words(checkpoint.bytes())));
            }
            companions(checkpoint);
            try (var progress = Progress.start("Weights", checkpoint.bytes())) {
                checkpoint.write(out, (_, done, _) -> progress.at(done));
            }
            System.out.printf("%s: %s of weights%n", out, MemoryNeed.words(checkpoint.bytes()));
            return ExitCode.OK;
        }

        private static void positive(String option, Optional<Integer> count) {
            count.filter(it -> it < 1).ifPresent(it -> {
                throw new CommandException("%s %d: at least 1".formatted(option, it));
            });
        }

        private ObjectNode shape() throws IOException {
            Optional<PublishedShape> published = PublishedShape.named(like);
            if (published.isPresent()) {
                return published.get().config();
            }
            Path file = configFile();
            if (!Files.isRegularFile(file)) {
                throw new CommandException(
                        "--like %s: neither 2B, 4B, 8B, 32B, nano nor a config.json".formatted(like));
            }
            JsonNode json = new ObjectMapper().readTree(file.toFile());
            if (json instanceof ObjectNode object) {
                return object;
            }
            throw new CommandException("%s is no JSON object; name a checkpoint's config.json".formatted(file));
        }

        private Path configFile() {
            return like.equals("nano") ? Home.checkpoint().resolve("config.json") : Path.of(like);
        }

        /** The files beside the weights: those of the example, or made up for a published shape. */
        private void companions(SyntheticCheckpoint checkpoint) throws IOException {
            Path example = configFile().resolveSibling("");
            if (PublishedShape.named(like).isPresent() || !Files.exists(example.resolve("tokenizer.json"))) {
                SyntheticTokenizer.write(out, checkpoint.config(), isThinking);
                return;
            }
            for (String name : COMPANIONS) {
                if (Files.exists(example.resolve(name))) {
                    Files.copy(example.resolve(name), out.resolve(name));
                }
            }
        }
    }
}
