package goshawk.appliance.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import goshawk.trtbuild.JsonRecord;
import goshawk.trtbuild.ModelWork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a bench found; its JSON is what {@code engine bench} writes. What is null is not in the file, because the machine
 * did not tell.
 *
 * @param at when it was over, ISO 8601 in UTC
 * @param taktMs milliseconds from one round to the next; null for one after another
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BenchResult(
        int format,
        String at,
        Host host,
        Subject engine,
        @Nullable Long taktMs,
        List<Row> rows,
        List<Skipped> skipped) {

    public static final int FORMAT = 1;

    /**
     * @param cpu as its maker calls it
     * @param cores that the process may use
     * @param clock of the GPU and its power limit, for a person
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Host(
            String cpu,
            int cores,
            @Nullable String gpu,
            @Nullable String clock,
            @Nullable String driver,
            @Nullable String tensorRt) {}

    /**
     * The engine.
     *
     * @param profile what its graphs were written for
     * @param arithmetic type of what it computes, as {@link Reference} names its matrix rates
     * @param planBytes of its plans, and of the weights that they are given
     * @param buildSeconds as its manifest has it; the next two likewise
     * @param buildOwnBytes the most memory of their own that the processes which built it had at once
     * @param buildBytes the same with pages of files
     * @param deviceBytes the most of the device's memory that was taken for it while it was measured
     * @param residentBytes of the process that measured, at the end
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Subject(
            String name,
            String hash,
            String precision,
            String runtime,
            String profile,
            String arithmetic,
            @Nullable Long planBytes,
            @Nullable Double buildSeconds,
            @Nullable Long buildOwnBytes,
            @Nullable Long buildBytes,
            @Nullable Long deviceBytes,
            long residentBytes) {}

    /**
     * Times of one row, in milliseconds.
     *
     * @param rounds that were timed
     * @param joules of the device in one round, on average
     * @param work of one round, call by call
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Row(
            String name,
            int rounds,
            double p50,
            double p10,
            double p90,
            @Nullable Double joules,
            List<ModelWork.Call> work) {

        public Row {
            work = List.copyOf(work);
        }
    }

    /** A row that the engine refused. */
    public record Skipped(String name, String why) {}

    public BenchResult {
        rows = List.copyOf(rows);
        skipped = List.copyOf(skipped);
    }

    Optional<Row> row(String name) {
        return rows.stream().filter(row -> row.name().equals(name)).findFirst();
    }

    boolean hasJoules() {
        return rows.stream().anyMatch(row -> row.joules() != null);
    }

    public byte[] toJson() {
        return JsonRecord.bytes(this);
    }

    /** @throws IOException if the file is no result of this format, or cannot be read */
    public static BenchResult read(Path file) throws IOException {
        byte[] json = Files.readAllBytes(file);
        return JsonRecord.read(json, FORMAT, BenchResult.class);
    }
}
