package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.trtbuild.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A checkpoint's {@code generation_config.json}: how its makers want it to be sampled, and what it says when it is done.
 *
 * @param endTokens any of them ends an answer; empty when the file names none
 */
public record GenerationConfig(Sampling sampling, List<Integer> endTokens) {

    static final String FILE = "generation_config.json";

    public GenerationConfig {
        endTokens = List.copyOf(endTokens);
    }

    /**
     * @param checkpoint folder of the checkpoint, or of an engine built from it; without the file, greedy and no end tokens
     * @throws CheckpointException when the file is there and wrong
     */
    public static GenerationConfig read(Path checkpoint) {
        Path file = checkpoint.resolve(FILE);
        if (!Files.exists(file)) {
            return new GenerationConfig(Sampling.GREEDY, List.of());
        }
        try {
            JsonNode config = new ObjectMapper().readTree(Files.readAllBytes(file));
            JsonNode end = config.path("eos_token_id");
            List<Integer> endTokens = new ArrayList<>();
            if (end.isInt()) {
                endTokens.add(end.asInt());
            }
            end.forEach(token -> endTokens.add(token.asInt()));
            return new GenerationConfig(Sampling.in(config), endTokens);
        } catch (IOException | IllegalArgumentException e) {
            String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new CheckpointException("%s cannot be used: %s; copy it again".formatted(file, why), e);
        }
    }

    /** As an array, for {@link TokenMasks}. */
    public int[] ends() {
        return endTokens.stream().mapToInt(Integer::intValue).toArray();
    }
}
