package goshawk.appliance.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import goshawk.trtbuild.ElementType;
import goshawk.trtbuild.JsonRecord;
import goshawk.trtbuild.ModelWork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What transformers did on the same machine, and how fast that copies and multiplies: {@code trt-build/bench/reference.py}
 * writes it.
 *
 * @param device for a person
 * @param versions of torch and the like
 * @param copyBytesPerSecond of a large copy on the device, bytes read and written counted; null where it was not measured
 * @param matrixPerSecond operations of a large matrix product, by the name of the {@link ElementType}
 */
public record Reference(
        int format,
        String device,
        Map<String, String> versions,
        @Nullable Double copyBytesPerSecond,
        Map<String, Double> matrixPerSecond,
        List<Row> rows,
        List<Skipped> skipped) {

    public static final int FORMAT = 1;

    /**
     * Times of one row, in milliseconds.
     *
     * @param name as {@link BenchResult.Row} has it
     * @param variant how transformers was run
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Row(
            String name,
            String variant,
            int rounds,
            double p50,
            double p10,
            double p90,
            @Nullable Double joules) {}

    /** What was not measured. */
    public record Skipped(String name, String variant, String why) {}

    public Reference {
        versions = Map.copyOf(versions);
        matrixPerSecond = Map.copyOf(matrixPerSecond);
        rows = List.copyOf(rows);
        skipped = List.copyOf(skipped);
    }

    /** Ways in which transformers was run, in the order in which they were. */
    List<String> variants() {
        return rows.stream().map(Row::variant).distinct().toList();
    }

    Optional<Row> row(String name, String variant) {
        return rows.stream()
                .filter(row -> row.name().equals(name) && row.variant().equals(variant))
                .findFirst();
    }

    /** The fastest that transformers was, in milliseconds. */
    OptionalDouble best(String name) {
        return rows.stream()
                .filter(row -> row.name().equals(name))
                .mapToDouble(Row::p50)
                .min();
    }

    /**
     * The least time that a row can take on this machine, in milliseconds; empty where a rate that it needs is not known.
     *
     * @param arithmetic as in {@link BenchResult.Subject}
     */
    OptionalDouble floor(List<ModelWork.Call> work, String arithmetic) {
        Double copy = copyBytesPerSecond;
        Double plain = matrixPerSecond.get(arithmetic);
        Double fp8 = matrixPerSecond.get(ElementType.F8_E4M3.name());
        boolean needsFp8 = work.stream().anyMatch(call -> call.fp8Operations() > 0);
        if (copy == null || plain == null || (needsFp8 && fp8 == null)) {
            return OptionalDouble.empty();
        }
        double fp8Rate = fp8 == null ? Double.NaN : fp8;
        return OptionalDouble.of(work.stream()
                .mapToDouble(call -> 1e3 * call.floor(copy, fp8Rate, plain))
                .sum());
    }

    /** @throws IOException if the file is no reference of this format, or cannot be read */
    public static Reference read(Path file) throws IOException {
        byte[] json = Files.readAllBytes(file);
        return JsonRecord.read(json, FORMAT, Reference.class);
    }
}
