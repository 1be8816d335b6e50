package goshawk.appliance;

import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.EngineBuilder;
import goshawk.trtbuild.FilmPreprocessor;
import goshawk.trtbuild.GpuMemory;
import goshawk.trtbuild.GpuProfile;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.Message;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PictureSize;
import goshawk.trtbuild.Preprocessor;
import goshawk.trtbuild.RopeScaling;
import goshawk.trtbuild.Tensor;
import goshawk.trtbuild.Tokenizer;
import goshawk.trtbuild.WeightForm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * One page about a checkpoint, for a person who wants to know whether it runs here and what it takes.
 *
 * @param obstacles what is in the way of running it; empty when nothing is
 */
record ModelPage(List<String> lines, List<String> obstacles) {

    private static final String QUESTION = "Is a bolt missing?";
    private static final int PICTURE_SIDE = 448;

    static ModelPage of(Path folder, long freeBytes) {
        var writer = new Writer(folder);
        writer.write(freeBytes);
        return new ModelPage(List.copyOf(writer.lines), List.copyOf(writer.obstacles));
    }

    private static final class Writer {

        private final Path folder;
        private final List<String> lines = new ArrayList<>();
        private final List<String> obstacles = new ArrayList<>();

        Writer(Path folder) {
            this.folder = folder;
        }

        void write(long freeBytes) {
            attempt(() -> {
                ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
                try (Checkpoint checkpoint = Checkpoint.open(folder)) {
                    line("name", checkpoint.name());
                    sizes(config);
                    weights(checkpoint);
                    attempt(() -> EngineBuilder.check(checkpoint));
                    attempt(() -> conversation(config));
                    attempt(this::pictures);
                    memory(checkpoint, freeBytes);
                }
            });
            if (obstacles.isEmpty()) {
                line("runs here", "yes, on the CPU");
            }
            obstacles.forEach(obstacle -> line("runs here", "no: " + obstacle));
        }

        /** Goes on after what cannot be used, so that everything that is wrong is told at once. */
        private void attempt(Runnable part) {
            try {
                part.run();
            } catch (CheckpointException e) {
                obstacles.add(String.valueOf(e.getMessage()));
            }
        }

        private void line(String name, String text) {
            lines.add("%-14s %s".formatted(name, text));
        }

        private void sizes(ModelConfig config) {
            ModelConfig.Text text = config.text();
            ModelConfig.Vision vision = config.vision();
            line("architecture", ModelConfig.ARCHITECTURE);
            line(
                    "text",
                    "%d layers of %d, MLP %d, %d heads of %d on %d keys and values, vocabulary %,d, head %s"
                            .formatted(
                                    text.layers(),
                                    text.hidden(),
                                    text.mlp(),
                                    text.heads(),
                                    text.headSize(),
                                    text.kvHeads(),
                                    text.vocabulary(),
                                    config.tiedHead() ? "tied to the embeddings" : "of its own"));
            line(
                    "vision",
                    "%d blocks of %d, MLP %d, %d heads of %d, patches of %d×%d×%d, %d×%d of them a token, taps after %s"
                            .formatted(
                                    vision.depth(),
                                    vision.hidden(),
                                    vision.mlp(),
                                    vision.heads(),
                                    vision.headSize(),
                                    vision.temporalPatch(),
                                    vision.patch(),
                                    vision.patch(),
                                    vision.merge(),
                                    vision.merge(),
                                    vision.taps()));
            line(
                    "positions",
                    "%,d, theta %,.0f, sections %s%s"
                            .formatted(
                                    text.maxPositions(),
                                    text.ropeTheta(),
                                    text.ropeSections(),
                                    scaling(text.ropeScaling())));
        }

        private static String scaling(RopeScaling scaling) {
            return switch (scaling.kind()) {
                case NONE -> ", not stretched";
                case LINEAR -> ", stretched %.4g times".formatted(scaling.factor());
                case YARN ->
                    ", stretched %.4g times beyond %,d by YaRN, attention × %.4f"
                            .formatted(scaling.factor(), scaling.trainedPositions(), scaling.attention());
            };
        }

        private void weights(Checkpoint checkpoint) {
            Predicate<Tensor> isScale = tensor -> tensor.name().endsWith("_scale_inv");
            List<Tensor> all =
                    checkpoint.tensors().stream().filter(isScale.negate()).toList();
            String visionPrefix = prefix(checkpoint.vision("pos_embed.weight"), "pos_embed.weight");
            long parameters = all.stream().mapToLong(Tensor::elements).sum();
            long vision = all.stream()
                    .filter(tensor -> tensor.name().startsWith(visionPrefix))
                    .mapToLong(Tensor::elements)
                    .sum();
            long table = checkpoint.text("embed_tokens.weight").elements()
                    * (checkpoint.config().tiedHead() ? 1 : 2);
            line(
                    "parameters",
                    "%s: text %s, vision %s, vocabulary %s"
                            .formatted(
                                    millions(parameters),
                                    millions(parameters - vision - table),
                                    millions(vision),
                                    millions(table)));
            line(
                    "weights",
                    "%s, %s, in %d %s, names under %s and %s"
                            .formatted(
                                    checkpoint.precision(),
                                    MemoryNeed.words(checkpoint.tensors().stream()
                                            .mapToLong(Tensor::bytes)
                                            .sum()),
                                    checkpoint.files().size(),
                                    checkpoint.files().size() == 1 ? "file" : "files",
                                    quoted(prefix(checkpoint.text("embed_tokens.weight"), "embed_tokens.weight")),
                                    quoted(visionPrefix)));
            quantisation(
                    checkpoint,
                    all.stream()
                            .filter(tensor -> !tensor.name().startsWith(visionPrefix))
                            .toList());
        }

        private void quantisation(Checkpoint checkpoint, List<Tensor> text) {
            List<Tensor> matrices = text.stream()
                    .filter(tensor -> tensor.name().endsWith("proj.weight"))
                    .toList();
            long fp8 = matrices.stream()
                    .filter(tensor -> tensor.type() == ElementType.F8_E4M3)
                    .count();
            if (fp8 == 0) {
                line("quantised", "nothing");
                return;
            }
            String scales = text.stream()
                    .flatMap(tensor -> checkpoint.scaleOf(tensor).stream())
                    .map(scale -> scale.type().name())
                    .distinct()
                    .sorted()
                    .collect(Collectors.joining(" and "));
            String block = checkpoint
                    .config()
                    .fp8Block()
                    .map(it -> "%d×%d".formatted(it.rows(), it.columns()))
                    .orElse("no size");
            String others = text.stream()
                    .map(Tensor::type)
                    .filter(type -> type != ElementType.F8_E4M3)
                    .map(ElementType::name)
                    .distinct()
                    .collect(Collectors.joining(" and "));
            line(
                    "quantised",
                    "%d of %d projections of the text, FP8 in blocks of %s with %s scales; its other weights %s"
                            .formatted(fp8, matrices.size(), block, scales, others));
        }

        private void conversation(ModelConfig config) {
            String rendered = ChatTemplate.read(folder)
                    .render(
                            List.of(Message.user(new Message.Picture(), new Message.Text(QUESTION))),
                            ChatTemplate.Answer.EXPECTED);
            boolean isThinking = rendered.stripTrailing().endsWith("<think>");
            line("template", isThinking ? "Thinking: opens a thought" : "Instruct: answers at once");
            try (Tokenizer tokenizer = Tokenizer.open(folder)) {
                ModelConfig.Tokens ids = config.tokens();
                line(
                        "tokens",
                        "%,d; %s %d, %s %d, %s %d, %s %d"
                                .formatted(
                                        tokenizer.size(),
                                        tokenizer.decode(ids.image()),
                                        ids.image(),
                                        tokenizer.decode(ids.video()),
                                        ids.video(),
                                        tokenizer.decode(ids.visionStart()),
                                        ids.visionStart(),
                                        tokenizer.decode(ids.visionEnd()),
                                        ids.visionEnd()));
                if (!rendered.contains(tokenizer.decode(ids.image()))) {
                    throw new CheckpointException(
                            "the chat template does not write config.json's image token; use the checkpoint's own files");
                }
            }
        }

        private void pictures() {
            Preprocessor preprocessor = Preprocessor.read(folder);
            PictureSize size = preprocessor.resized(PICTURE_SIDE, PICTURE_SIDE);
            int factor = preprocessor.factor();
            line(
                    "pictures",
                    "a token for %d×%d pixels; %d×%d becomes %d×%d, %,d tokens"
                            .formatted(
                                    factor,
                                    factor,
                                    PICTURE_SIDE,
                                    PICTURE_SIDE,
                                    size.width(),
                                    size.height(),
                                    size.width() / factor * (size.height() / factor)));
            if (FilmPreprocessor.isIn(folder)) {
                line(
                        "films",
                        "%s frames a second unless a recipe says"
                                .formatted(FilmPreprocessor.read(folder).fps()));
            } else {
                line("films", "none: no video_preprocessor_config.json");
            }
        }

        private void memory(Checkpoint checkpoint, long freeBytes) {
            MemoryNeed here = MemoryNeed.of(checkpoint, MemoryNeed.Target.CPU_FP32);
            memory(
                    here.target().words(),
                    "weights %s, each 1,000 tokens %s, a picture of %,d×%,d about %s"
                            .formatted(
                                    MemoryNeed.words(here.weights()),
                                    MemoryNeed.words(here.keysAndValues(1000)),
                                    MemoryNeed.USUAL_SIDE,
                                    MemoryNeed.USUAL_SIDE,
                                    MemoryNeed.words(here.vision(here.usualPatches()))));
            for (WeightForm form : WeightForm.values()) {
                for (GpuProfile profile : GpuProfile.values()) {
                    gpu(GpuMemory.of(checkpoint.config(), profile, form));
                }
            }
            line(
                    "this machine",
                    "%s free: conversations of up to %,d tokens"
                            .formatted(MemoryNeed.words(freeBytes), here.longestConversation(freeBytes)));
            here.obstacle(freeBytes).ifPresent(obstacle -> obstacles.add("it " + obstacle));
        }

        private void gpu(GpuMemory need) {
            memory(
                    "GPU, %s, %s".formatted(need.form(), need.profile().name().toLowerCase(Locale.ROOT)),
                    "%s: weights %s, keys and values of %,d tokens %s; embeddings in the machine's memory %s"
                            .formatted(
                                    MemoryNeed.words(need.total()),
                                    MemoryNeed.words(need.weights()),
                                    need.profile().contextTokens(),
                                    MemoryNeed.words(need.keysAndValues()),
                                    MemoryNeed.words(need.host())));
        }

        private void memory(String where, String text) {
            line("memory", "%-17s %s".formatted(where + ":", text));
        }

        private static String prefix(Tensor tensor, String name) {
            return tensor.name().substring(0, tensor.name().length() - name.length());
        }

        private static String quoted(String prefix) {
            return prefix.isEmpty() ? "no prefix" : "'" + prefix + "'";
        }

        private static String millions(long count) {
            return count < 1_000_000_000 ? "%.1f M".formatted(count / 1e6) : "%.2f B".formatted(count / 1e9);
        }
    }
}
