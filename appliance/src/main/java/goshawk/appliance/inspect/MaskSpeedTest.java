package goshawk.appliance.inspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.domain.Deadline;
import goshawk.camera.Frame;
import goshawk.trtbuild.Tokenizer;
import java.time.Duration;
import java.util.function.IntFunction;

/**
 * What it costs to hold an answer to its form: one mask for each byte of an answer to a schema with a pattern, a free and
 * a bounded string, a bounded number and a list of boxes; and the masks that an inspector's own answers take. Belongs to one
 * thread; the tokenizer stays the caller's.
 */
public final class MaskSpeedTest {

    static final String SCHEMA = """
            {"type": "object", "required": ["verdict", "part", "note", "length", "findings"], "properties": {
              "verdict": {"enum": ["PASS", "REJECT", "REVIEW"]},
              "part": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
              "note": {"type": "string"},
              "remark": {"type": "string", "minLength": 1, "maxLength": 60},
              "length": {"type": "number", "minimum": 0, "maximum": 250.5},
              "findings": {"type": "array", "maxItems": 16, "items": {"type": "object",
                "required": ["defect", "box"], "properties": {
                  "defect": {"enum": ["scratch", "missing_bolt", "difference"]},
                  "box": {"type": "array", "minItems": 4, "maxItems": 4,
                    "items": {"type": "integer", "minimum": 0, "maximum": 1000}}}}}}}
            """;
    static final String ANSWER =
            "{\"verdict\":\"REJECT\",\"part\":\"AB-0471\",\"note\":\"A scratch runs across the upper edge; 划痕, \\\"deep\\\".\","
                    + "\"remark\":\"left of the second bolt\",\"length\":12.75,\"findings\":[{\"defect\":\"scratch\","
                    + "\"box\":[12,340,1000,998]},{\"defect\":\"missing_bolt\",\"box\":[1,2,30,40]}]}";

    private final Tokenizer tokenizer;

    /**
     * One round, in nanoseconds a mask.
     *
     * @param first masks of a grammar that was just compiled
     * @param known the same masks once more
     */
    public record Round(Masks first, Masks known) {}

    /** Of all masks of an answer. */
    public record Masks(long mean, long largest) {}

    /**
     * What whole answers took, all together, in nanoseconds.
     *
     * @param answers of prompts and codes
     * @param steps calls of the engine, between the first token of these answers and the last
     * @param inEngine time in these calls
     * @param masks how many were wanted
     * @param masking time in them
     * @param longestMask the longest of them
     * @param own all time but that of the engine: masks, choices, and what is put in because nothing else can follow
     */
    public record Answers(int answers, int steps, long inEngine, int masks, long masking, long longestMask, long own) {}

    /**
     * What the answers about these parts take, as an inspector gives them from its opening on.
     *
     * @param inspector just opened; stays the caller's
     * @param parts by number, from 0; closed here
     */
    public static Answers answers(ModelInspector inspector, IntFunction<Frame> parts, int count) {
        AnswerTimes times = inspector.answerTimes();
        times.clear();
        for (int i = 0; i < count; i++) {
            try (Frame part = parts.apply(i)) {
                inspector.inspect(part, Deadline.of(System.nanoTime(), Duration.ofDays(1), System::nanoTime));
            }
        }
        return times.sum();
    }

    public MaskSpeedTest(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    public Round round() {
        Grammar grammar = grammar();
        var masks = new TokenMasks(tokenizer);
        return new Round(walk(grammar, masks), walk(grammar, masks));
    }

    private static Grammar grammar() {
        try {
            return JsonSchemaGrammar.compile(new ObjectMapper().readTree(SCHEMA));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the schema is no JSON", e);
        }
    }

    private static Masks walk(Grammar grammar, TokenMasks masks) {
        byte[] bytes = Tokenizer.utf8(ANSWER);
        long sum = 0;
        long largest = 0;
        long state = grammar.start();
        for (byte value : bytes) {
            long start = System.nanoTime();
            TokenMask mask = masks.of(grammar, state);
            long took = System.nanoTime() - start;
            if (mask.count() == 0) {
                throw new IllegalStateException("no token goes on with the answer");
            }
            sum += took;
            largest = Math.max(largest, took);
            state = grammar.next(state, value & 0xff);
        }
        return new Masks(sum / bytes.length, largest);
    }
}
