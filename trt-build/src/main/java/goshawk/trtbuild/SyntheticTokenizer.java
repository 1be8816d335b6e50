package goshawk.trtbuild;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A tokenizer of the published size for synthetic checkpoints: byte-level BPE over 151,643 tokens, of which the merged ones
 * are just pairs and triples of letters, and the special tokens with their published ids. With it come a chat template
 * and the processors' settings.
 */
public final class SyntheticTokenizer {

    /** Ids from here on are special or added tokens. */
    private static final int FIRST_ADDED = 151_643;

    private static final List<String> ADDED = List.of(
            "<|endoftext|>",
            "<|im_start|>",
            "<|im_end|>",
            "<|object_ref_start|>",
            "<|object_ref_end|>",
            "<|box_start|>",
            "<|box_end|>",
            "<|quad_start|>",
            "<|quad_end|>",
            "<|vision_start|>",
            "<|vision_end|>",
            "<|vision_pad|>",
            "<|image_pad|>",
            "<|video_pad|>",
            "<tool_call>",
            "</tool_call>",
            "<|fim_prefix|>",
            "<|fim_middle|>",
            "<|fim_suffix|>",
            "<|fim_pad|>",
            "<|repo_name|>",
            "<|file_sep|>",
            "<tool_response>",
            "</tool_response>",
            "<think>",
            "</think>");

    /** The first so many of {@link #ADDED} are special: decoding leaves them out. */
    private static final int SPECIAL = 14;

    private static final String SPLIT =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final String TEMPLATE = """
            {%- for message in messages -%}
            {{- '<|im_start|>' + message.role + '\\n' -}}
            {%- if message.content is string -%}
            {{- message.content -}}
            {%- else -%}
            {%- for part in message.content -%}
            {%- if part.type == 'image' -%}
            {{- '<|vision_start|><|image_pad|><|vision_end|>' -}}
            {%- elif part.type == 'video' -%}
            {{- '<|vision_start|><|video_pad|><|vision_end|>' -}}
            {%- else -%}
            {{- part.text -}}
            {%- endif -%}
            {%- endfor -%}
            {%- endif -%}
            {{- '<|im_end|>\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
            {{- '<|im_start|>assistant\\nTHOUGHT' -}}
            {%- endif -%}
            """;

    private SyntheticTokenizer() {}

    /**
     * Writes everything beside config.json and the weights.
     *
     * @param isThinking whether the template opens a thought
     * @throws CheckpointException if the configuration has other token ids, or the files cannot be written
     */
    public static void write(Path folder, ModelConfig config, boolean isThinking) {
        ModelConfig.Tokens ids = config.tokens();
        boolean isPublished = ids.image() == id("<|image_pad|>")
                && ids.video() == id("<|video_pad|>")
                && ids.visionStart() == id("<|vision_start|>")
                && ids.visionEnd() == id("<|vision_end|>")
                && config.text().vocabulary() >= FIRST_ADDED + ADDED.size();
        if (!isPublished) {
            throw new CheckpointException(
                    "config.json has not the published token ids, so a tokenizer cannot be made up; put its tokenizer.json beside it");
        }
        try {
            tokenizer(folder.resolve("tokenizer.json"));
            Files.writeString(
                    folder.resolve("preprocessor_config.json"),
                    processor(
                            config.vision(), 65_536, 16_777_216, "image_processor_type", "Qwen2VLImageProcessorFast"));
            Files.writeString(
                    folder.resolve("video_preprocessor_config.json"),
                    processor(config.vision(), 4_096, 25_165_824, "video_processor_type", "Qwen3VLVideoProcessor"));
            Files.writeString(
                    folder.resolve("chat_template.jinja"), TEMPLATE.replace("THOUGHT", isThinking ? "<think>\\n" : ""));
            var mapper = new ObjectMapper();
            mapper.writeValue(
                    folder.resolve("tokenizer_config.json").toFile(),
                    Map.of("eos_token", "<|im_end|>", "pad_token", "<|endoftext|>"));
        } catch (IOException e) {
            throw new CheckpointException("cannot write %s: %s; is the folder writable?".formatted(folder, e), e);
        }
    }

    /**
     * Writes {@code tokenizer.json} alone.
     *
     * @throws CheckpointException if it cannot be written
     */
    public static void write(Path folder) {
        try {
            tokenizer(folder.resolve("tokenizer.json"));
        } catch (IOException e) {
            throw new CheckpointException("cannot write %s: %s; is the folder writable?".formatted(folder, e), e);
        }
    }

    private static String processor(ModelConfig.Vision vision, long least, long most, String type, String name) {
        ObjectNode json = new ObjectMapper().createObjectNode().put(type, name);
        json.putObject("size").put("shortest_edge", least).put("longest_edge", most);
        json.put("patch_size", vision.patch()).put("temporal_patch_size", vision.temporalPatch());
        json.put("merge_size", vision.merge());
        for (String numbers : List.of("image_mean", "image_std")) {
            json.putArray(numbers).add(0.5).add(0.5).add(0.5);
        }
        return json.toString();
    }

    private static int id(String added) {
        return FIRST_ADDED + ADDED.indexOf(added);
    }

    private static void tokenizer(Path file) throws IOException {
        List<String> alphabet = alphabet();
        var merges = new ArrayList<String>();
        try (JsonGenerator json = new ObjectMapper().getFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.writeStartObject();
            json.writeStringField("version", "1.0");
            json.writeArrayFieldStart("added_tokens");
            for (int i = 0; i < ADDED.size(); i++) {
                json.writeStartObject();
                json.writeNumberField("id", FIRST_ADDED + i);
                json.writeStringField("content", ADDED.get(i));
                for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                    json.writeBooleanField(flag, false);
                }
                json.writeBooleanField("special", i < SPECIAL);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeRaw(",\"normalizer\":{\"type\":\"NFC\"},\"pre_tokenizer\":");
            json.writeRaw(preTokenizer());
            json.writeRaw(
                    ",\"post_processor\":null,\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":false,\"use_regex\":false}");
            json.writeObjectFieldStart("model");
            json.writeStringField("type", "BPE");
            json.writeObjectFieldStart("vocab");
            int next = 0;
            for (String letter : alphabet) {
                json.writeNumberField(letter, next++);
            }
            var pairs = new ArrayList<String>();
            for (String first : alphabet) {
                for (String second : alphabet) {
                    json.writeNumberField(first + second, next++);
                    pairs.add(first + second);
                    merges.add(first + " " + second);
                }
            }
            for (int i = 0; next < FIRST_ADDED; i++) {
                String pair = pairs.get(i % pairs.size());
                String letter = alphabet.get('a' - '!' + i / pairs.size());
                json.writeNumberField(pair + letter, next++);
                merges.add(pair + " " + letter);
            }
            json.writeEndObject();
            json.writeArrayFieldStart("merges");
            for (String merge : merges) {
                json.writeString(merge);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndObject();
        }
    }

    private static String preTokenizer() {
        ObjectNode node = new ObjectMapper().createObjectNode().put("type", "Sequence");
        var both = node.putArray("pretokenizers");
        ObjectNode split = both.addObject()
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false);
        split.putObject("pattern").put("Regex", SPLIT);
        both.addObject()
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
        return node.toString();
    }

    /** The letters that stand for the 256 bytes: printable ones for themselves, the others from U+0100 on. */
    private static List<String> alphabet() {
        var letters = new ArrayList<String>();
        var others = new ArrayList<String>();
        for (int value = 0; value < 256; value++) {
            boolean isPrintable = (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
            if (isPrintable) {
                letters.add(Character.toString(value));
            } else {
                others.add(Character.toString(256 + others.size()));
            }
        }
        letters.addAll(others);
        return letters;
    }
}
