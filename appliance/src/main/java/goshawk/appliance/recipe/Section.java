package goshawk.appliance.recipe;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Keys with values, as one reader sees them. Asking for a key makes it known; a key that nobody asked for is a problem.
 * Every method that answers with a value notes a problem and answers with a stand-in when the file has no usable one.
 */
public final class Section {

    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]{0,17})(\\.[0-9]+)?([eE][-+]?[0-9]{1,3})?");
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?) ?(ms|s|min|h|d)");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,3})?) ?(MiB|GiB)");
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    private final StrictYaml yaml;
    private final int line;
    private final Map<String, ScalarNode> keys = new LinkedHashMap<>();
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Map<String, String> known = new TreeMap<>();
    private final Map<String, Section> children = new HashMap<>();
    private final Set<String> missing = new LinkedHashSet<>();
    private final boolean isMissing;

    /** Stands in for a section that the file lacks; its keys are not missed, for that has been said of itself. */
    private Section(StrictYaml yaml, int line) {
        this.yaml = yaml;
        this.line = line;
        this.isMissing = true;
    }

    Section(StrictYaml yaml, MappingNode node) {
        this.yaml = yaml;
        this.line = StrictYaml.line(node);
        this.isMissing = false;
        yaml.opened(this);
        for (NodeTuple entry : node.getValue()) {
            if (!(entry.getKeyNode() instanceof ScalarNode key)) {
                yaml.problem(StrictYaml.line(entry.getKeyNode()), "a key must be one word");
                continue;
            }
            ScalarNode first = keys.putIfAbsent(key.getValue(), key);
            if (first != null) {
                yaml.problem(
                        StrictYaml.line(key),
                        "key '%s' is already in line %d".formatted(key.getValue(), StrictYaml.line(first)));
            } else {
                values.put(key.getValue(), entry.getValueNode());
            }
        }
    }

    /** True when the file has this key here. */
    public boolean has(String key) {
        known.put(key, key);
        return values.containsKey(key);
    }

    /** True when there are keys under this key. */
    public boolean hasSection(String key) {
        return has(key) && values.get(key) instanceof MappingNode;
    }

    /** Whoever writes {@code mistaken} here means {@code key}. */
    public Section meaning(String mistaken, String key) {
        known.put(mistaken, key);
        return this;
    }

    /** Notes a problem with the value of {@code key}, or with the section when the key is absent. */
    public void problem(String key, String rule) {
        Node value = values.get(key);
        yaml.problem(value == null ? line : StrictYaml.line(value), rule);
    }

    /** A text of at least one character that is not blank. */
    public String text(String key) {
        Node node = wanted(key);
        return node == null ? "" : text(key, node);
    }

    public String text(String key, String otherwise) {
        return has(key) ? text(key) : otherwise;
    }

    /** As {@link #text(String)}, and all of it must match. */
    public String text(String key, Pattern pattern, String rule) {
        String text = text(key);
        if (!text.isEmpty() && !pattern.matcher(text).matches()) {
            problem(key, "'%s' must be %s: %s".formatted(key, rule, text));
        }
        return text;
    }

    /** A value as it is written, be it a text, a number or a truth value; for keys whose kind somebody else knows. */
    public String plain(String key) {
        Node node = wanted(key);
        String written = scalar(node);
        if (node != null && (written == null || written.isBlank())) {
            problem(key, "'%s' must be one value".formatted(key));
        }
        return written == null ? "" : written;
    }

    /** A list of at least one text; one text alone is a list of one. Repeated texts are a problem. */
    public List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (Node item : items(key)) {
            String text = text(key, item);
            if (!text.isEmpty() && texts.contains(text)) {
                yaml.problem(StrictYaml.line(item), "'%s' names %s twice".formatted(key, text));
            }
            texts.add(text);
        }
        return texts;
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String key, boolean otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        String written = scalar(values.get(key));
        if (!"true".equals(written) && !"false".equals(written)) {
            problem(key, "'%s' must be true or false".formatted(key));
        }
        return "true".equals(written);
    }

    /** A whole number in [least, most]. */
    public int whole(String key, int least, int most) {
        Node node = wanted(key);
        return node == null ? least : (int) number(key, node, least, most, true);
    }

    public int whole(String key, int least, int most, int otherwise) {
        return has(key) ? whole(key, least, most) : otherwise;
    }

    /** A number in [least, most]. */
    public double number(String key, double least, double most) {
        Node node = wanted(key);
        return node == null ? least : number(key, node, least, most, false);
    }

    public double number(String key, double least, double most, double otherwise) {
        return has(key) ? number(key, least, most) : otherwise;
    }

    /** A list of exactly {@code count} numbers, each in [least, most]. */
    public List<Double> numbers(String key, int count, double least, double most) {
        return numbers(key, count, least, most, false);
    }

    /** A list of exactly {@code count} whole numbers, each in [least, most]. */
    public List<Integer> wholes(String key, int count, int least, int most) {
        return numbers(key, count, least, most, true).stream()
                .map(Double::intValue)
                .toList();
    }

    /** A duration with its unit, {@code 500 ms}, {@code 1.5 s}, {@code 2 min}, {@code 8 h} or {@code 30 d}. */
    public Duration duration(String key, Duration least, Duration most) {
        Node node = wanted(key);
        if (node == null) {
            return least;
        }
        Matcher parts = DURATION.matcher(String.valueOf(scalar(node)));
        if (!parts.matches()) {
            problem(key, "'%s' must be a duration with its unit, like 500 ms, 1.5 s or 2 min".formatted(key));
            return least;
        }
        long nanosPerUnit = switch (parts.group(2)) {
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "min" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> 86_400_000_000_000L;
        };
        BigDecimal nanos = new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(nanosPerUnit));
        BigDecimal seconds = nanos.movePointLeft(9);
        var duration = Duration.ofSeconds(
                seconds.longValue(),
                seconds.remainder(BigDecimal.ONE).movePointRight(9).longValue());
        if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            problem(
                    key,
                    "'%s' must be from %s to %s: %s %s"
                            .formatted(key, written(least), written(most), parts.group(1), parts.group(2)));
            return least;
        }
        return duration;
    }

    public Duration duration(String key, Duration least, Duration most, Duration otherwise) {
        return has(key) ? duration(key, least, most) : otherwise;
    }

    /** A size with its unit, {@code 256 MiB} or {@code 1.5 GiB}, in bytes. */
    public long bytes(String key, long least, long most, long otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        Matcher parts = SIZE.matcher(String.valueOf(scalar(values.get(key))));
        if (!parts.matches()) {
            problem(key, "'%s' must be a size with its unit, like 256 MiB or 1.5 GiB".formatted(key));
            return least;
        }
        long unit = parts.group(2).equals("GiB") ? GIB : MIB;
        long bytes = new BigDecimal(parts.group(1))
                .multiply(BigDecimal.valueOf(unit))
                .longValue();
        if (bytes < least || bytes > most) {
            problem(
                    key,
                    "'%s' must be from %s to %s: %s %s"
                            .formatted(key, written(least), written(most), parts.group(1), parts.group(2)));
            return least;
        }
        return bytes;
    }

    private static String written(long bytes) {
        return bytes % GIB == 0 && bytes > 0 ? bytes / GIB + " GiB" : bytes / MIB + " MiB";
    }

    /** One of the names of an enum, in lower case. */
    public <E extends Enum<E>> E choice(String key, Class<E> of) {
        E[] constants = of.getEnumConstants();
        Node node = wanted(key);
        if (node == null) {
            return constants[0];
        }
        List<String> names = Arrays.stream(constants)
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList();
        String written = String.valueOf(scalar(node));
        int index = names.indexOf(written);
        if (index < 0) {
            problem(key, "'%s' must be one of %s: %s".formatted(key, String.join(", ", names), written));
            return constants[0];
        }
        return constants[index];
    }

    public <E extends Enum<E>> E choice(String key, Class<E> of, E otherwise) {
        return has(key) ? choice(key, of) : otherwise;
    }

    /** The keys under {@code key}; an empty section when the file has none. */
    public Section section(String key) {
        Section child = children.get(key);
        if (child == null) {
            Node node = wanted(key);
            child = node == null ? new Section(yaml, line) : section(key, node);
            children.put(key, child);
        }
        return child;
    }

    public Optional<Section> optionalSection(String key) {
        return has(key) ? Optional.of(section(key)) : Optional.empty();
    }

    /** A list of at least one section. */
    public List<Section> sections(String key) {
        List<Section> sections = new ArrayList<>();
        for (Node item : items(key)) {
            sections.add(section(key, item));
        }
        return sections;
    }

    /** All keys of this section, in the file's order, for sections in which the keys are names that users choose. */
    public List<String> names() {
        values.keySet().forEach(this::has);
        return List.copyOf(values.keySet());
    }

    /** The sections under names that users choose, in the file's order. */
    public SequencedMap<String, Section> named(String key) {
        SequencedMap<String, Section> named = new LinkedHashMap<>();
        Section parent = section(key);
        parent.names().forEach(name -> named.put(name, parent.section(name)));
        return named;
    }

    /**
     * Makes something of this section's values. When that throws {@link IllegalArgumentException}, its message becomes
     * a problem of the section, unless a problem noted meanwhile has already said why.
     *
     * @return empty when any problem was noted meanwhile
     */
    public <T> Optional<T> make(Supplier<T> maker) {
        int before = yaml.problemCount();
        try {
            T made = maker.get();
            return yaml.problemCount() == before ? Optional.of(made) : Optional.empty();
        } catch (IllegalArgumentException e) {
            if (yaml.problemCount() == before) {
                yaml.problem(line, String.valueOf(e.getMessage()));
            }
            return Optional.empty();
        }
    }

    /** Notes the keys that nobody asked for, and the missing ones that none of those was meant to be. */
    void noteUnknownAndMissingKeys() {
        for (var key : keys.entrySet()) {
            String written = key.getKey();
            if (!known.isEmpty() && !written.equals(known.get(written))) {
                String near = StrictYaml.nearest(written, known.keySet());
                String meant = near == null ? null : known.get(near);
                missing.remove(meant);
                yaml.problem(
                        StrictYaml.line(key.getValue()),
                        meant == null || keys.containsKey(meant)
                                ? "unknown key '%s'; known here: %s".formatted(written, knownKeys())
                                : "unknown key '%s'; did you mean '%s'?".formatted(written, meant));
            }
        }
        missing.forEach(key -> yaml.problem(line, "key '%s' is missing".formatted(key)));
    }

    private String knownKeys() {
        return String.join(", ", known.values().stream().distinct().sorted().toList());
    }

    private @Nullable Node wanted(String key) {
        if (has(key)) {
            return values.get(key);
        }
        if (!isMissing && missing.add(key)) {
            yaml.countProblem();
        }
        return null;
    }

    private String text(String key, Node node) {
        String written = scalar(node);
        if (written == null || written.isBlank()) {
            yaml.problem(StrictYaml.line(node), "'%s' must be a text".formatted(key));
            return "";
        }
        if (!node.getTag().equals(Tag.STR)) {
            yaml.problem(
                    StrictYaml.line(node), "'%s' must be a text: write \"%s\" with quotes".formatted(key, written));
            return "";
        }
        return written;
    }

    private static @Nullable String scalar(@Nullable Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    private double number(String key, Node node, double least, double most, boolean whole) {
        String kind = whole ? "a whole number" : "a number";
        boolean plain = node instanceof ScalarNode scalar && scalar.getScalarStyle() == ScalarStyle.PLAIN;
        String written = plain ? String.valueOf(scalar(node)) : "";
        if (!NUMBER.matcher(written).matches()) {
            yaml.problem(StrictYaml.line(node), "'%s' must be %s".formatted(key, kind));
            return least;
        }
        double number = Double.parseDouble(written);
        if (!(number >= least && number <= most)) {
            yaml.problem(
                    StrictYaml.line(node),
                    "'%s' must be in [%s, %s]: %s".formatted(key, plain(least), plain(most), written));
            return least;
        }
        if (whole && number != Math.rint(number)) {
            yaml.problem(StrictYaml.line(node), "'%s' must be a whole number: %s".formatted(key, written));
            return least;
        }
        return number;
    }

    private List<Double> numbers(String key, int count, double least, double most, boolean whole) {
        Node node = wanted(key);
        List<Double> numbers = new ArrayList<>();
        if (node instanceof SequenceNode list && list.getValue().size() == count) {
            list.getValue().forEach(item -> numbers.add(number(key, item, least, most, whole)));
        } else {
            if (node != null) {
                String kind = whole ? "whole numbers" : "numbers";
                problem(key, "'%s' must be a list of %d %s".formatted(key, count, kind));
            }
            for (int i = 0; i < count; i++) {
                numbers.add(least);
            }
        }
        return numbers;
    }

    private List<Node> items(String key) {
        Node node = wanted(key);
        List<Node> items = switch (node) {
            case null -> List.of();
            case SequenceNode list -> list.getValue();
            default -> List.of(node);
        };
        if (node != null && items.isEmpty()) {
            problem(key, "'%s' is an empty list".formatted(key));
        }
        return items;
    }

    private Section section(String key, Node node) {
        if (node instanceof MappingNode mapping) {
            return new Section(yaml, mapping);
        }
        yaml.problem(StrictYaml.line(node), "'%s' must have keys with values under it".formatted(key));
        return new Section(yaml, line);
    }

    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
    }

    private static String written(Duration duration) {
        return duration.toMillis() % 1_000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}
