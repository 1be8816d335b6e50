package goshawk.appliance.inspect;

import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Preprocessor;
import goshawk.trtbuild.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The small vocabularies and templates of trt-build's goldens, with pictures of 32 px a token. */
final class TestInput {

    private TestInput() {}

    static Path goldens(String name) {
        return Path.of(System.getProperty("goshawk.root", ".."), "trt-build/src/test/resources/goldens/text", name);
    }

    /** @param flavour {@code thinking} or {@code instruct} */
    static ModelInput of(String flavour, Path scratch, List<String> knownQuestions) {
        try {
            Files.writeString(scratch.resolve("preprocessor_config.json"), """
                    {"size": {"shortest_edge": 1024, "longest_edge": 1048576}, "patch_size": 16,
                     "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5, 0.5, 0.5],
                     "image_std": [0.5, 0.5, 0.5]}
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var tokenizer = Tokenizer.open(goldens(flavour));
        return new ModelInput(
                tokenizer,
                ChatTemplate.read(goldens(flavour)),
                Preprocessor.read(scratch),
                new ModelConfig.Tokens(
                        tokenizer.requiredId("<|image_pad|>"),
                        tokenizer.requiredId("<|video_pad|>"),
                        tokenizer.requiredId("<|vision_start|>"),
                        tokenizer.requiredId("<|vision_end|>")),
                new KnownPrompts("nano", knownQuestions),
                Optional.empty());
    }
}
