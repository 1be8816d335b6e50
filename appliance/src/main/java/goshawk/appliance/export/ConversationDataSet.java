package goshawk.appliance.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.Confirmation.Label;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.trtbuild.Durable;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A folder of conversations, one JSON line each in {@code train.jsonl} and {@code validation.jsonl}, in the form that
 * OpenAI's and Qwen's tools take, with their pictures in {@code images/} and a card that says what it is.
 *
 * <p>The split goes by part: all looks at one part are on the same side, and a part is on the same side in every export.
 * The folder appears when it is finished.
 *
 * <p>Belongs to one thread.
 */
public final class ConversationDataSet implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String IMAGES = "images";

    /** One part in so many is for validation. */
    private static final int VALIDATION_PART = 5;

    private final Path folder;
    private final Path partial;
    private final Map<Split, BufferedWriter> lines = new EnumMap<>(Split.class);
    private final Map<Split, TreeSet<String>> parts = new EnumMap<>(Split.class);
    private final Map<Split, SortedMap<Label, Integer>> verdicts = new EnumMap<>(Split.class);
    private final SortedMap<String, String> hashes = new TreeMap<>();

    /** The two sides. */
    public enum Split {
        TRAIN,
        VALIDATION;

        String file() {
            return name().toLowerCase(Locale.ROOT) + ".jsonl";
        }
    }

    /**
     * A picture that stands in the set.
     *
     * @param part serial number
     * @param path as the lines name it
     */
    public record Picture(String part, String path) {}

    private ConversationDataSet(Path folder, Path partial) {
        this.folder = folder;
        this.partial = partial;
    }

    /**
     * @param folder must not exist, or be empty
     * @throws ExportException when it holds something or cannot be written
     */
    public static ConversationDataSet begin(Path folder) {
        Path partial = folder.resolveSibling(folder.getFileName() + ".part");
        var set = new ConversationDataSet(folder, partial);
        try {
            if (Files.exists(folder)) {
                try (Stream<Path> found = Files.list(folder)) {
                    if (found.findAny().isPresent()) {
                        throw new ExportException("%s holds something already; name a new folder".formatted(folder));
                    }
                }
            }
            Durable.delete(partial);
            Files.createDirectories(partial.resolve(IMAGES));
            for (Split split : Split.values()) {
                set.lines.put(split, Files.newBufferedWriter(partial.resolve(split.file())));
                set.parts.put(split, new TreeSet<>());
                set.verdicts.put(split, new TreeMap<>());
            }
            return set;
        } catch (IOException e) {
            set.close();
            throw cannotWrite(folder, e);
        }
    }

    /** On which side a part is. */
    public static Split splitOf(String part) {
        byte[] hash = sha256().digest(part.getBytes(StandardCharsets.UTF_8));
        return (hash[0] & 0xff) % VALIDATION_PART == 0 ? Split.VALIDATION : Split.TRAIN;
    }

    /**
     * Adds a picture.
     *
     * @param name without a suffix; unique in the set
     * @param isSimulated whether the renderer drew it, which the file then says
     */
    public Picture picture(String part, String name, Frame frame, boolean isSimulated) {
        String path = IMAGES + "/" + name + ".png";
        try {
            PictureFile.writePng(frame, isSimulated, partial.resolve(path));
            hashes.put(path, sha256(partial.resolve(path)));
            return new Picture(part, path);
        } catch (IOException e) {
            throw cannotWrite(folder, e);
        }
    }

    /**
     * Adds a conversation about a picture.
     *
     * @param id of the line, for people
     */
    public void conversation(String id, Picture picture, String system, String question, Label verdict, String answer) {
        Split split = splitOf(picture.part());
        ObjectNode line = JSON.createObjectNode();
        line.put("id", id).put("part", picture.part());
        ArrayNode messages = line.putArray("messages");
        message(messages, "system", system);
        ArrayNode content = messages.addObject().put("role", "user").putArray("content");
        content.addObject().put("type", "image").put("image", picture.path());
        content.addObject().put("type", "text").put("text", question);
        message(messages, "assistant", answer);
        try {
            BufferedWriter writer = writer(split);
            writer.write(line.toString());
            writer.newLine();
        } catch (IOException e) {
            throw cannotWrite(folder, e);
        }
        of(parts, split).add(picture.part());
        of(verdicts, split).merge(verdict, 1, Integer::sum);
    }

    /**
     * Writes the card and gives the folder its name.
     *
     * @param about what the caller knows, for the card
     * @return how many conversations there are in each split
     */
    public Map<Split, Integer> finish(ObjectNode about) {
        ObjectNode card = JSON.createObjectNode();
        var counts = new EnumMap<Split, Integer>(Split.class);
        try {
            card.put("format", "goshawk conversations 1");
            card.setAll(about);
            ObjectNode splits = card.putObject("splits");
            for (Split split : Split.values()) {
                writer(split).close();
                int lines = of(verdicts, split).values().stream()
                        .mapToInt(Integer::intValue)
                        .sum();
                counts.put(split, lines);
                ObjectNode said = splits.putObject(split.name().toLowerCase(Locale.ROOT));
                said.put("file", split.file());
                said.put("sha256", sha256(partial.resolve(split.file())));
                said.put("parts", of(parts, split).size()).put("conversations", lines);
                ObjectNode byVerdict = said.putObject("verdicts");
                of(verdicts, split).forEach((verdict, count) -> byVerdict.put(verdict.name(), count));
            }
            var list = new StringBuilder();
            hashes.forEach(
                    (path, hash) -> list.append(hash).append("  ").append(path).append('\n'));
            Files.writeString(partial.resolve("images.sha256"), list);
            card.put("pictures", hashes.size()).put("imagesSha256", sha256(partial.resolve("images.sha256")));
            Files.writeString(partial.resolve("card.json"), card.toPrettyString() + "\n");
            Files.writeString(partial.resolve("README.md"), Card.text(card));
            Files.deleteIfExists(folder);
            Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
            return counts;
        } catch (IOException e) {
            throw cannotWrite(folder, e);
        }
    }

    /** Without {@link #finish}, nothing is left. */
    @Override
    public void close() {
        try {
            for (BufferedWriter writer : lines.values()) {
                writer.close();
            }
            Durable.delete(partial);
        } catch (IOException e) {
            throw cannotWrite(partial, e);
        }
    }

    private BufferedWriter writer(Split split) {
        return of(lines, split);
    }

    private static <T> T of(Map<Split, T> map, Split split) {
        T found = map.get(split);
        if (found == null) {
            throw new IllegalStateException("nothing was begun for " + split);
        }
        return found;
    }

    private static void message(ArrayNode messages, String role, String text) {
        messages.addObject().put("role", role).put("content", text);
    }

    private static String sha256(Path file) throws IOException {
        return HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(file)));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static ExportException cannotWrite(Path folder, IOException e) {
        return new ExportException("cannot write %s (%s); name a folder that you may write to".formatted(folder, e), e);
    }
}
