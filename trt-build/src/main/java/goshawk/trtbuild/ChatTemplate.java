package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.trtbuild.jinja.JinjaException;
import goshawk.trtbuild.jinja.JinjaTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How a checkpoint wants conversations written. Immutable; safe for any thread. */
public final class ChatTemplate {

    /** Where the model's answer begins. */
    public enum Answer {
        /** The conversation ends with the assistant's turn open. */
        EXPECTED,
        /** The conversation ends with its last message. */
        NOT_EXPECTED
    }

    private final JinjaTemplate template;
    private final Map<String, String> specialTokens;

    private ChatTemplate(JinjaTemplate template, Map<String, String> specialTokens) {
        this.template = template;
        this.specialTokens = specialTokens;
    }

    /**
     * Reads {@code chat_template.jinja}, or else {@code chat_template.json}, or else the field {@code chat_template} of
     * {@code tokenizer_config.json}: the order in which transformers looks.
     *
     * @throws CheckpointException when there is none, or it uses what our Jinja does not take
     */
    public static ChatTemplate read(Path checkpoint) {
        Path jinja = checkpoint.resolve("chat_template.jinja");
        JsonNode config = json(checkpoint.resolve("tokenizer_config.json"));
        Map<String, String> tokens = new HashMap<>();
        for (String name : List.of("bos_token", "eos_token", "pad_token", "unk_token")) {
            String text = config.path(name).isObject()
                    ? config.path(name).path("content").asText("")
                    : config.path(name).asText("");
            tokens.put(name, text);
        }
        if (Files.exists(jinja)) {
            return parse(jinja, text(jinja), tokens);
        }
        Path json = checkpoint.resolve("chat_template.json");
        if (Files.exists(json)) {
            return parse(json, named(json(json).path("chat_template"), json), tokens);
        }
        Path tokenizer = checkpoint.resolve("tokenizer_config.json");
        if (config.has("chat_template")) {
            return parse(tokenizer, named(config.path("chat_template"), tokenizer), tokens);
        }
        throw new CheckpointException("checkpoint " + checkpoint
                + " has no chat template; add its chat_template.jinja (or chat_template.json)");
    }

    private static ChatTemplate parse(Path file, String source, Map<String, String> tokens) {
        try {
            return new ChatTemplate(JinjaTemplate.parse(file.toString(), source), Map.copyOf(tokens));
        } catch (JinjaException e) {
            throw new CheckpointException(
                    "chat template %s; give a template in the Jinja that Hugging Face's chat templates use"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    /** A template is text, or a list of named ones of which {@code default} is ours. */
    private static String named(JsonNode field, Path file) {
        if (field.isTextual()) {
            return field.asText();
        }
        for (JsonNode one : field) {
            if (one.path("name").asText().equals("default")) {
                return one.path("template").asText();
            }
        }
        throw new CheckpointException(file + ": field chat_template holds no template; give it the template's text");
    }

    /**
     * Writes a conversation as the model wants to read it; pictures are their placeholder.
     *
     * @throws CheckpointException when the template refuses the conversation
     */
    public String render(List<Message> conversation, Answer answer) {
        Map<String, Object> variables = new HashMap<>(specialTokens);
        variables.put(
                "messages", conversation.stream().map(ChatTemplate::values).toList());
        variables.put("add_generation_prompt", answer == Answer.EXPECTED);
        try {
            return template.render(variables);
        } catch (JinjaException e) {
            throw new CheckpointException("chat template " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> values(Message message) {
        boolean textOnly = message.parts().size() == 1 && message.parts().getFirst() instanceof Message.Text;
        Object content = textOnly
                ? ((Message.Text) message.parts().getFirst()).text()
                : message.parts().stream().map(ChatTemplate::values).toList();
        return Map.of("role", message.role(), "content", content);
    }

    private static Map<String, Object> values(Message.Part part) {
        return switch (part) {
            case Message.Text(var text) -> Map.of("type", "text", "text", text);
            case Message.Picture() -> Map.of("type", "image");
            case Message.Film() -> Map.of("type", "video");
        };
    }

    private static JsonNode json(Path file) {
        if (!Files.exists(file)) {
            return new ObjectMapper().createObjectNode();
        }
        try {
            return new ObjectMapper().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new CheckpointException(file + " is no JSON: " + firstLine(e) + "; copy the file again", e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new CheckpointException("cannot read " + file + ": " + e.getMessage() + "; check its rights", e);
        }
    }

    private static String firstLine(Exception e) {
        return new ArrayList<>(String.valueOf(e.getMessage()).lines().toList()).getFirst();
    }
}
