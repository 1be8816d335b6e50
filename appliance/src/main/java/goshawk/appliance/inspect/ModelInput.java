package goshawk.appliance.inspect;

import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.FilmPreprocessor;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Preprocessor;
import goshawk.trtbuild.Tokenizer;
import goshawk.trtbuild.VisionText;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a checkpoint wants to be spoken to: its tokens, its conversations, its pictures, and what it may be asked.
 *
 * @param tokenizer owned
 * @param films empty where the checkpoint does not say how it takes films
 */
public record ModelInput(
        Tokenizer tokenizer,
        ChatTemplate template,
        Preprocessor preprocessor,
        ModelConfig.Tokens tokens,
        KnownPrompts knownPrompts,
        Optional<FilmPreprocessor> films)
        implements AutoCloseable {

    /** What every conversation about a part begins with. */
    public static final String SYSTEM = Conversation.SYSTEM;

    /**
     * @param checkpoint folder of the checkpoint, or of an engine built from it
     * @throws goshawk.trtbuild.CheckpointException when one of its files is missing or wrong
     */
    public static ModelInput open(Path checkpoint) {
        ChatTemplate template = ChatTemplate.read(checkpoint);
        Preprocessor preprocessor = Preprocessor.read(checkpoint);
        ModelConfig config = ModelConfig.read(checkpoint.resolve("config.json"));
        KnownPrompts knownPrompts = KnownPrompts.read(checkpoint);
        Optional<FilmPreprocessor> films =
                FilmPreprocessor.isIn(checkpoint) ? Optional.of(FilmPreprocessor.read(checkpoint)) : Optional.empty();
        return new ModelInput(Tokenizer.open(checkpoint), template, preprocessor, config.tokens(), knownPrompts, films);
    }

    /** The same, for pictures of at most {@code pixels} after resizing. Shares the tokenizer: close one of the two. */
    public ModelInput withMaxPixels(long pixels) {
        return new ModelInput(tokenizer, template, preprocessor.withMaxPixels(pixels), tokens, knownPrompts, films);
    }

    /** Writes out the placeholders that {@link #template} leaves for pictures and films. */
    public VisionText visionText() {
        return VisionText.of(tokenizer, tokens);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
