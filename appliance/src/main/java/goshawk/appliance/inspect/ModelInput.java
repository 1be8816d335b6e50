package goshawk.appliance.inspect;

import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.Preprocessor;
import goshawk.trtbuild.Tokenizer;
import java.nio.file.Path;

/**
 * How a checkpoint wants to be spoken to: its tokens, its conversations, its pictures, and what it may be asked.
 *
 * @param tokenizer owned
 */
public record ModelInput(
        Tokenizer tokenizer,
        ChatTemplate template,
        Preprocessor preprocessor,
        ModelConfig.Tokens tokens,
        KnownPrompts knownPrompts)
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
        return new ModelInput(Tokenizer.open(checkpoint), template, preprocessor, config.tokens(), knownPrompts);
    }

    /** The same, for pictures of at most {@code pixels} after resizing. Shares the tokenizer: close one of the two. */
    public ModelInput withMaxPixels(long pixels) {
        return new ModelInput(tokenizer, template, preprocessor.withMaxPixels(pixels), tokens, knownPrompts);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
