package goshawk.appliance.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Recipe;
import goshawk.trtbuild.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The questions that a checkpoint was trained for, by the file {@code goshawk.json} that our own checkpoints carry:
 *
 * <pre>
 * {"name": "nano", "questions": ["Is a bolt missing?", "Is the part cracked?"]}
 * </pre>
 *
 * A published checkpoint has no such file and takes any question.
 *
 * @param name the checkpoint's, for messages
 * @param questions word for word; empty when any is taken
 */
public record KnownPrompts(String name, List<String> questions) {

    static final String FILE = "goshawk.json";

    public KnownPrompts {
        questions = List.copyOf(questions);
    }

    /**
     * @param checkpoint folder of the checkpoint, or of an engine built from it
     * @throws CheckpointException when the file is there and not of this form
     */
    public static KnownPrompts read(Path checkpoint) {
        Path file = checkpoint.resolve(FILE);
        if (!Files.exists(file)) {
            return new KnownPrompts(String.valueOf(checkpoint.getFileName()), List.of());
        }
        try {
            JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
            List<String> questions = new ArrayList<>();
            root.path("questions").forEach(question -> questions.add(question.asText()));
            if (!root.path("name").isTextual() || questions.isEmpty()) {
                throw new CheckpointException(
                        file + " must hold a name and a list of questions; copy the checkpoint again, whole");
            }
            return new KnownPrompts(root.path("name").asText(), questions);
        } catch (IOException e) {
            throw new CheckpointException(file + " is no JSON; copy the checkpoint again, whole", e);
        }
    }

    /** @throws UnknownQuestionException when the recipe asks what the checkpoint was not trained for */
    public void check(Recipe recipe) {
        recipe.prompts().forEach(prompt -> check(recipe.id(), "prompt " + prompt.id(), prompt.question()));
        recipe.codes().forEach(code -> check(recipe.id(), "code " + code.id(), code.question()));
    }

    /**
     * @param asker who asks, for the message
     * @throws UnknownQuestionException when the checkpoint was not trained for the question
     */
    public void check(String recipe, String asker, String question) {
        if (!questions.isEmpty() && !questions.contains(question)) {
            throw new UnknownQuestionException(
                    "recipe %s, %s asks '%s', which checkpoint %s was not trained for; the nearest it knows is '%s'"
                            .formatted(recipe, asker, question, name, nearest(question)));
        }
    }

    private String nearest(String question) {
        return questions.stream()
                .min(Comparator.comparingInt(known -> distance(known, question)))
                .orElse("");
    }

    /** Letters to insert, drop or change (Levenshtein), whatever their case. */
    private static int distance(String first, String second) {
        String a = first.toLowerCase(Locale.ROOT);
        String b = second.toLowerCase(Locale.ROOT);
        int[] above = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(changed, Math.min(above[j], row[j - 1]) + 1);
            }
            above = row;
        }
        return above[b.length()];
    }
}
