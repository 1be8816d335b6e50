package goshawk.appliance.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.trtbuild.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * What masks and sampling take, on nano's vocabulary and on one of 151,936 entries that is made up here: bytes, words of
 * Latin, Cyrillic, Arabic, Thai and Chinese letters, punctuation as JSON has it, characters cut in two.
 *
 * <pre>mvn -pl appliance -am -Dtest=MaskingMeasurement -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Dgoshawk.measure.masks=true test</pre>
 *
 * {@code -Dgoshawk.measure.vocabulary=FOLDER} takes the {@code tokenizer.json} of a folder for the large one.
 */
@EnabledIfSystemProperty(named = "goshawk.measure.masks", matches = "true")
class MaskingMeasurement {

    private static final int SIZE = 151_936;
    private static final Path ROOT = Path.of(System.getProperty("goshawk.root", ".."));

    @TempDir
    Path folder;

    @Test
    void masksAndSampling() throws IOException {
        measure("nano", ROOT.resolve("trt-build/nano/checkpoint"));
        String given = System.getProperty("goshawk.measure.vocabulary", "");
        if (given.isEmpty()) {
            writeVocabulary(folder.resolve("tokenizer.json"));
        }
        measure("large", given.isEmpty() ? folder : Path.of(given));
    }

    private static void measure(String name, Path checkpoint) throws IOException {
        JsonNode schema = new ObjectMapper().readTree(MaskSpeedTest.SCHEMA);
        try (var tokenizer = Tokenizer.open(checkpoint)) {
            System.out.printf("%n%s: %,d tokens%n", name, tokenizer.size());
            for (int round = 0; round < 30; round++) { // the machine code of the first rounds is not the last's
                long start = System.nanoTime();
                var grammar = JsonSchemaGrammar.compile(schema);
                long compiled = System.nanoTime();
                var masks = new TokenMasks(tokenizer);
                long built = System.nanoTime();
                Map<String, List<Double>> cold = walk(grammar, masks);
                Map<String, List<Double>> newGrammar = walk(JsonSchemaGrammar.compile(schema), masks);
                Map<String, List<Double>> warm = walk(grammar, masks);
                if (round == 0 || round == 29) {
                    System.out.printf(
                            "round %d: schema compiled %.2f ms, vocabulary sorted %.0f ms%n",
                            round, (compiled - start) / 1e6, (built - compiled) / 1e6);
                    row("first masks of all", cold);
                    row("of another grammar", newGrammar);
                    row("known masks", warm);
                }
            }
            sampling(tokenizer.size(), JsonSchemaGrammar.compile(schema), new TokenMasks(tokenizer));
        }
    }

    /** Microseconds for each byte of the answer, by what it is part of. */
    private static Map<String, List<Double>> walk(Grammar grammar, TokenMasks masks) {
        Map<String, List<Double>> took = new TreeMap<>();
        long state = grammar.start();
        byte[] bytes = MaskSpeedTest.ANSWER.getBytes(StandardCharsets.UTF_8);
        for (byte value : bytes) {
            long start = System.nanoTime();
            TokenMask mask = masks.of(grammar, state);
            double us = (System.nanoTime() - start) / 1e3;
            assertThat(mask.count()).isPositive();
            String where = grammar.freeCharacters(state) == 0
                    ? "structure"
                    : grammar.freeCharacters(state) == Integer.MAX_VALUE ? "string" : "bounded";
            took.computeIfAbsent(where, _ -> new ArrayList<>()).add(us);
            took.computeIfAbsent("all", _ -> new ArrayList<>()).add(us);
            state = grammar.next(state, value & 0xff);
        }
        assertThat(grammar.isEnd(state)).isTrue();
        return took;
    }

    private static void row(String name, Map<String, List<Double>> took) {
        System.out.printf("  %-20s µs a step, mean / P50 / largest:", name);
        took.forEach((where, us) -> {
            double[] sorted = us.stream().mapToDouble(it -> it).sorted().toArray();
            System.out.printf(
                    "  %s %.1f / %.1f / %.1f",
                    where,
                    Arrays.stream(sorted).average().orElse(0),
                    sorted[sorted.length / 2],
                    sorted[sorted.length - 1]);
        });
        System.out.println();
    }

    private static void sampling(int size, Grammar grammar, TokenMasks masks) {
        var random = new Random(7);
        float[] logits = new float[size];
        for (int i = 0; i < size; i++) {
            logits[i] = (float) random.nextGaussian() * 3;
        }
        TokenMask all = TokenMask.all(size);
        TokenMask string =
                masks.of(grammar, grammar.next(grammar.start(), Tokenizer.utf8(MaskSpeedTest.ANSWER.substring(0, 50))));
        var thinking = new Sampling(1, 20, 0.95, 0, 1, 0, 0, 1);
        sample("greedy, all", Sampler.greedy(), logits, all);
        sample("greedy, in a string", Sampler.greedy(), logits, string);
        sample("top-k 20, top-p, all", Sampler.of(thinking), logits, all);
        sample("the same, in a string", Sampler.of(thinking), logits, string);
        sample("top-p alone, all", Sampler.of(thinking.withTopK(0)), logits, all);
        var penalised = Sampler.of(thinking.withPenalties(1.1, 0.5, 0.5));
        penalised.say(IntStream.range(0, Math.min(size, 500)).toArray());
        sample("penalties as well, all", penalised, logits, all);
    }

    private static void sample(String name, Sampler sampler, float[] logits, TokenMask mask) {
        double[] took = new double[300];
        int sum = 0;
        for (int i = -200; i < took.length; i++) {
            long start = System.nanoTime();
            sum += sampler.pick(logits, mask);
            took[Math.max(0, i)] = (System.nanoTime() - start) / 1e3;
        }
        assertThat(sum).isPositive();
        Arrays.sort(took);
        System.out.printf("  %-24s %8.1f µs (P50 of 300 draws among %,d)%n", name, took[150], mask.count());
    }

    /** A tokenizer.json of {@value #SIZE} entries, byte-level, as Qwen's is; its words are made up. */
    private static void writeVocabulary(Path file) throws IOException {
        var random = new Random(20261125);
        Set<String> words = new HashSet<>();
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
            words.add(new String(tokens.getLast(), StandardCharsets.ISO_8859_1));
        }
        while (tokens.size() < SIZE - 26) {
            byte[] token = word(random);
            if (words.add(new String(token, StandardCharsets.ISO_8859_1))) {
                tokens.add(token);
            }
        }
        var mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        ObjectNode model = root.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        tokens.forEach(token -> vocabulary.put(byteLevel(token), vocabulary.size()));
        model.putArray("merges");
        root.putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", true)
                .put("trim_offsets", true)
                .put("use_regex", true);
        root.putObject("pre_tokenizer")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        var added = root.putArray("added_tokens");
        for (int i = 0; i < 26; i++) {
            added.addObject()
                    .put("id", tokens.size() + i)
                    .put("content", "<|special_" + i + "|>")
                    .put("special", true)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false);
        }
        Files.writeString(file, mapper.writeValueAsString(root));
    }

    private static byte[] word(Random random) {
        int kind = random.nextInt(100);
        String word = kind < 60
                ? (random.nextBoolean() ? " " : "") + letters(random, 'a', 26, 2 + random.nextInt(9))
                : kind < 78
                        ? letters(random, 0x4e00, 5_000, 1 + random.nextInt(3))
                        : kind < 84
                                ? letters(random, 0x430, 32, 2 + random.nextInt(7))
                                : kind < 88
                                        ? letters(random, 0x627, 36, 2 + random.nextInt(6))
                                        : kind < 90
                                                ? letters(random, 0xe01, 46, 2 + random.nextInt(5))
                                                : punctuation(random);
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        return kind >= 78 && kind < 82 ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
    }

    private static String letters(Random random, int first, int count, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(first + random.nextInt(count));
        }
        return text.toString();
    }

    private static String punctuation(Random random) {
        String[] parts = {
            "\"", ":", ",", "{", "}", "[", "]", "\n", "\t", "  ", "\\", "(", ")", ";", "=", "<", ">", "/", "a", "data"
        };
        var text = new StringBuilder();
        int count = 2 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        return text.toString();
    }

    private static String byteLevel(byte[] token) {
        var name = new StringBuilder();
        for (byte one : token) {
            int value = one & 0xff;
            name.append(
                    isItself(value)
                            ? (char) value
                            : (char) (0x100
                                    + (int) IntStream.range(0, value)
                                            .filter(it -> !isItself(it))
                                            .count()));
        }
        return name.toString();
    }

    private static boolean isItself(int c) {
        return (c >= '!' && c <= '~') || (c >= 0xa1 && c <= 0xac) || (c >= 0xae && c <= 0xff);
    }
}
