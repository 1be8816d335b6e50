package goshawk.appliance.recipe;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Reads a settings file strictly: unknown and repeated keys, values of the wrong kind and values out of range are
 * problems, and all problems of a file are told together.
 *
 * <p>It works on YAML's nodes rather than on objects made of them, because a node knows its line. Names are never
 * guessed into types: {@code 1.0} where a text is wanted is a problem, and so is {@code yes} where {@code true} is.
 */
public final class StrictYaml {

    private record Problem(int line, String rule) {}

    private final String file;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Section> sections = new ArrayList<>();
    private int problemCount;

    private StrictYaml(String file) {
        this.file = file;
    }

    /**
     * Reads one file.
     *
     * <p>The {@code reader} asks the root section for all keys that it knows. A value that is missing or wrong is noted
     * and answered with a harmless stand-in, so that the reader goes on and finds the next problem; what it makes of
     * stand-ins is thrown away. Where a stand-in could make a constructor throw, it uses {@link Section#make}.
     *
     * @throws ConfigurationException with every problem found
     */
    public static <T> T read(Path file, Function<Section, T> reader) {
        var yaml = new StrictYaml(file.toString());
        var root = new Section(yaml, yaml.compose(file));
        Optional<T> made = root.make(() -> reader.apply(root));
        yaml.sections.forEach(Section::noteUnknownAndMissingKeys);
        yaml.throwProblems();
        return made.orElseThrow(() -> new IllegalStateException(file + ": the reader made nothing and saw no problem"));
    }

    private MappingNode compose(Path path) {
        Node node;
        try {
            var options = new LoaderOptions();
            options.setCodePointLimit(1 << 20);
            node = new Yaml(options).compose(new StringReader(Files.readString(path)));
        } catch (NoSuchFileException e) {
            throw refusal("no such file");
        } catch (CharacterCodingException e) {
            throw refusal("is not UTF-8 text");
        } catch (IOException e) {
            throw refusal("cannot be read: " + e);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw new ConfigurationException(List.of("%s:%d: not YAML: %s".formatted(file, line, oneLine(e))));
        } catch (YAMLException e) {
            throw refusal("not YAML: " + e.getMessage());
        }
        if (node == null) {
            throw refusal("is empty");
        }
        if (!(node instanceof MappingNode mapping)) {
            throw new ConfigurationException(
                    List.of("%s:%d: keys with values expected, like 'version: \"1.0\"'".formatted(file, line(node))));
        }
        return mapping;
    }

    private ConfigurationException refusal(String why) {
        return new ConfigurationException(List.of(file + ": " + why));
    }

    private static String oneLine(MarkedYAMLException e) {
        String context = e.getContext() == null ? "" : e.getContext() + ", ";
        return (context + e.getProblem()).replaceAll("\\s+", " ");
    }

    static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }

    void opened(Section section) {
        sections.add(section);
    }

    void problem(int line, String rule) {
        var problem = new Problem(line, rule);
        if (!problems.contains(problem)) {
            problems.add(problem);
            problemCount++;
        }
    }

    /** Something is wrong that will be put in words when all keys are known. */
    void countProblem() {
        problemCount++;
    }

    int problemCount() {
        return problemCount;
    }

    private void throwProblems() {
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems.stream()
                    .sorted(Comparator.comparingInt(Problem::line))
                    .map(problem -> "%s:%d: %s".formatted(file, problem.line(), problem.rule()))
                    .toList());
        }
    }

    /**
     * The candidate that was probably meant: at most one mistyped letter in three.
     *
     * @return null when none is near
     */
    static @Nullable String nearest(String written, Iterable<String> candidates) {
        String nearest = null;
        int least = Math.max(1, written.length() / 3) + 1;
        for (String candidate : candidates) {
            int edits = edits(written.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            if (edits < least) {
                least = edits;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /** Letters to insert, delete or replace to make one word of the other (Levenshtein). */
    private static int edits(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
