package goshawk.appliance.bench;

import goshawk.trtbuild.MemoryNeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Results of engines as a page in Markdown: the first engine beside the others, beside transformers and beside the floor of
 * the machine.
 */
public final class BenchReport {

    private static final String NONE = "n/a";

    private final BenchResult first;
    private final List<BenchResult> others;
    private final Optional<Reference> reference;

    /** @param engines at least one; the first is what the others are compared with */
    public BenchReport(List<BenchResult> engines, Optional<Reference> reference) {
        this.first = engines.getFirst();
        this.others = List.copyOf(engines.subList(1, engines.size()));
        this.reference = reference;
    }

    /** @param plot file name of the drawing, beside the page; empty for none */
    public String markdown(Optional<String> plot) {
        var page = new StringBuilder();
        page.append("# Speed of %s%n%n".formatted(first.engine().name()));
        page.append(machine()).append("\n\n");
        engines().forEach(engine -> page.append(engine).append('\n'));
        plot.ifPresent(file -> page.append("%n![Time of each row](%s)%n".formatted(file)));
        page.append("\nMilliseconds, P50 (P10–P90)")
                .append(first.hasJoules() ? "; joules of the GPU in one round.\n\n" : ".\n\n");
        table().forEach(line -> page.append(line).append('\n'));
        notes().forEach(note -> page.append('\n').append(note).append('\n'));
        return page.toString();
    }

    private String machine() {
        BenchResult.Host host = first.host();
        return Stream.of(
                        host.gpu(),
                        host.clock(),
                        prefixed("driver ", host.driver()),
                        prefixed("TensorRT ", host.tensorRt()),
                        "%s, %d cores".formatted(host.cpu(), host.cores()))
                .filter(Objects::nonNull)
                .filter(it -> !it.isEmpty())
                .collect(Collectors.joining("; ", "", "."));
    }

    private static @Nullable String prefixed(String what, @Nullable String value) {
        return value == null ? null : what + value;
    }

    private List<String> engines() {
        return Stream.concat(Stream.of(first), others.stream())
                .map(result -> "- " + words(result))
                .toList();
    }

    private static String words(BenchResult result) {
        BenchResult.Subject engine = result.engine();
        return Stream.of(
                        "%s, %s, engine %.12s".formatted(engine.precision(), engine.runtime(), engine.hash()),
                        bytes("plans with weights of ", engine.planBytes()),
                        engine.buildSeconds() == null ? null : "built in %.0f s".formatted(engine.buildSeconds()),
                        bytes("own memory while it was built ", engine.buildOwnBytes()),
                        bytes("with pages of files ", engine.buildBytes()),
                        bytes("device memory ", engine.deviceBytes()),
                        bytes("host memory ", engine.residentBytes()),
                        result.taktMs() == null ? null : "a round every %d ms".formatted(result.taktMs()))
                .filter(Objects::nonNull)
                .collect(Collectors.joining("; "));
    }

    private static @Nullable String bytes(String what, @Nullable Long bytes) {
        return bytes == null ? null : what + MemoryNeed.words(bytes);
    }

    private List<String> table() {
        List<String> variants = reference.map(Reference::variants).orElse(List.of());
        var header = new ArrayList<>(List.of("", first.engine().precision()));
        if (first.hasJoules()) {
            header.add("J");
        }
        others.forEach(other -> header.add(other.engine().precision()));
        variants.forEach(variant -> header.add("transformers, " + variant));
        if (!variants.isEmpty()) {
            header.add("times faster");
        }
        if (hasFloor()) {
            header.add("floor");
            header.add("of the floor");
        }
        var lines = new ArrayList<String>();
        lines.add(line(header));
        lines.add("|" + " --- |" + " ---: |".repeat(header.size() - 1));
        first.rows().forEach(row -> lines.add(line(cells(row, variants))));
        return lines;
    }

    private List<String> cells(BenchResult.Row row, List<String> variants) {
        var cells = new ArrayList<>(
                List.of(row.name(), "**%s** (%s–%s)".formatted(ms(row.p50()), ms(row.p10()), ms(row.p90()))));
        if (first.hasJoules()) {
            cells.add(row.joules() == null ? NONE : number("%.3g", row.joules()));
        }
        for (BenchResult other : others) {
            cells.add(other.row(row.name()).map(it -> ms(it.p50())).orElse(NONE));
        }
        for (String variant : variants) {
            cells.add(reference
                    .flatMap(it -> it.row(row.name(), variant))
                    .map(it -> ms(it.p50()))
                    .orElse(NONE));
        }
        if (!variants.isEmpty()) {
            cells.add(ratio(reference.map(it -> it.best(row.name())).orElse(OptionalDouble.empty()), row.p50(), false));
        }
        if (hasFloor()) {
            OptionalDouble floor = floor(row);
            cells.add(floor.isPresent() ? ms(floor.getAsDouble()) : NONE);
            cells.add(ratio(floor, row.p50(), true));
        }
        return cells;
    }

    private static String ratio(OptionalDouble other, double own, boolean isInverse) {
        return other.isEmpty()
                ? NONE
                : number("%.2f ×", isInverse ? own / other.getAsDouble() : other.getAsDouble() / own);
    }

    private boolean hasFloor() {
        return first.rows().stream().anyMatch(row -> floor(row).isPresent());
    }

    OptionalDouble floor(BenchResult.Row row) {
        return reference
                .map(it -> it.floor(row.work(), first.engine().arithmetic()))
                .orElse(OptionalDouble.empty());
    }

    private List<String> notes() {
        var notes = new ArrayList<String>();
        first.skipped().forEach(it -> notes.add("%s was skipped: %s.".formatted(it.name(), it.why())));
        reference.ifPresent(it -> {
            it.skipped()
                    .forEach(skipped -> notes.add(
                            "transformers, %s, %s: %s.".formatted(skipped.variant(), skipped.name(), skipped.why())));
            String versions = it.versions().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(version -> version.getKey() + " " + version.getValue())
                    .collect(Collectors.joining(", "));
            notes.add("The reference ran on %s with %s. “Times faster” is against its fastest way of running."
                    .formatted(it.device(), versions));
            if (hasFloor()) {
                notes.add(floors(it));
            }
            notes.add(
                    "“Batch 8” is eight continuations of one context for the engine, whose keys and values they share; transformers has eight contexts.");
        });
        return notes;
    }

    private static String floors(Reference reference) {
        String rates = reference.matrixPerSecond().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(rate -> number("%.3g TFLOP/s in ", rate.getValue() / 1e12) + rate.getKey())
                .collect(Collectors.joining(", "));
        Double copy = reference.copyBytesPerSecond();
        return "The floor is what this device needs to read all weights and keys and values once, or to multiply, whichever is longer, at the rates that it was measured to have: copies at %s TB/s; %s."
                .formatted(copy == null ? NONE : number("%.3g", copy / 1e12), rates);
    }

    private static String line(List<String> cells) {
        return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
    }

    /** Three figures: 4.62, 37.3, 1204. */
    static String ms(double milliseconds) {
        int places = milliseconds < 10 ? 2 : milliseconds < 100 ? 1 : 0;
        return number("%." + places + "f", milliseconds);
    }

    private static String number(String form, double value) {
        return String.format(Locale.ROOT, form, value);
    }

    /** The page's drawing. */
    public String svg() {
        return BenchPlot.svg(first, others, reference, this::floor);
    }
}
