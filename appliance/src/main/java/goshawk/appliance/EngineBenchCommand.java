package goshawk.appliance;

import goshawk.appliance.bench.BenchReport;
import goshawk.appliance.bench.BenchResult;
import goshawk.appliance.bench.EngineBench;
import goshawk.appliance.bench.Gauge;
import goshawk.appliance.bench.Reference;
import goshawk.appliance.bench.Sizes;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.machine.Library;
import goshawk.appliance.machine.Machine;
import goshawk.appliance.machine.MachineSource;
import goshawk.appliance.machine.Nvml;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Gpu;
import goshawk.trtbuild.GpuProfile;
import goshawk.trtbuild.Manifest;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelWork;
import goshawk.trtbuild.ProcessMemory;
import goshawk.trtbuild.tensorrt.TextWeights;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "How long each call of an engine takes, with random pictures and tokens: vision, prefill, suffix, decode and whole parts.",
            "Beside what transformers takes and the least that the machine could take, with the file that trt-build/bench/reference.py writes."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:measured; what the engine's context cannot hold was skipped and is named",
            "2:the engine cannot be opened, a call failed, or a file cannot be used"
        })
final class EngineBenchCommand implements Callable<Integer> {

    private enum Size {
        QUICK,
        FULL;

        Sizes sizes() {
            return this == QUICK ? Sizes.QUICK : Sizes.FULL;
        }

        int rounds() {
            return this == QUICK ? 10 : 30;
        }
    }

    @Option(names = "--engine", description = "Engine folder (the CPU engine of --model, built now if need be).")
    private Optional<Path> engine = Optional.empty();

    @Option(
            names = "--sizes",
            defaultValue = "quick",
            description = "quick, 448×448 and hundreds of tokens; or full, 1024×1024 and thousands (${DEFAULT-VALUE}).")
    private Size size = Size.QUICK;

    @Option(names = "--rounds", description = "Rounds to time of each row (10 or 30; more where energy is counted).")
    private Optional<Integer> rounds = Optional.empty();

    @Option(
            names = "--takt",
            paramLabel = "MS",
            defaultValue = "0",
            description =
                    "Milliseconds from one round to the next, as parts come on a line (0: one after another, which makes a GPU as hot as it gets).")
    private long takt;

    @Option(names = "--out", description = "Writes the result as JSON.")
    private Optional<Path> out = Optional.empty();

    @Option(
            names = "--from",
            arity = "1..*",
            description = "Measures nothing: takes results that --out wrote. With --engine, sets them beside it.")
    private List<Path> from = List.of();

    @Option(names = "--compare", description = "What trt-build/bench/reference.py wrote on this machine.")
    private Optional<Path> reference = Optional.empty();

    @Option(
            names = "--report",
            description = "Writes the comparison as Markdown, and its drawing beside it, .svg (to the terminal).")
    private Optional<Path> report = Optional.empty();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Override
    public Integer call() {
        rounds.filter(it -> it < 1).ifPresent(it -> {
            throw new CommandException("--rounds %d: at least 1".formatted(it));
        });
        if (takt < 0) {
            throw new CommandException("--takt %d: at least 0".formatted(takt));
        }
        // First, because measuring takes longer than to find that a file is none.
        List<BenchResult> earlier =
                from.stream().map(EngineBenchCommand::result).toList();
        Optional<Reference> beside = reference.map(EngineBenchCommand::reference);
        boolean isMeasured = from.isEmpty() || engine.isPresent();
        List<BenchResult> results = Stream.concat(isMeasured ? Stream.of(measured()) : Stream.of(), earlier.stream())
                .toList();
        if (beside.isPresent() || report.isPresent() || results.size() > 1) {
            report(new BenchReport(results, beside));
        }
        return ExitCode.OK;
    }

    private BenchResult measured() {
        EngineFolder folder = engine.map(EngineFolder::open).orElseGet(model::engine);
        Optional<Nvml> nvml = Nvml.open();
        try {
            BenchResult result = measured(folder, nvml.<Gauge>map(Own::new).orElse(Gauge.NONE));
            print(result);
            out.ifPresent(file -> write(file, result.toJson()));
            return result;
        } finally {
            nvml.ifPresent(Nvml::close);
        }
    }

    private BenchResult measured(EngineFolder folder, Gauge gauge) {
        ModelWork work = ModelWork.of(folder);
        var pace = new EngineBench.Pace(rounds.orElse(size.rounds()), Duration.ofMillis(takt));
        try (Engine opened = model.open(folder);
                var progress = Progress.start("Measuring", 1)) {
            EngineBench.Measured measured =
                    EngineBench.measure(opened, folder.config(), work, size.sizes(), pace, gauge, progress::of);
            return new BenchResult(
                    BenchResult.FORMAT,
                    Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                    host(),
                    subject(folder, opened.identity(), work, measured.deviceBytes()),
                    takt == 0 ? null : takt,
                    measured.rows(),
                    measured.skipped());
        }
    }

    /** The first GPU, with what was taken of its memory before as nobody's. */
    private static final class Own implements Gauge {

        /** The counter moves every tenth of a second at the latest. */
        private static final Duration COUNTED = Duration.ofSeconds(2);

        private final Nvml nvml;
        private final long before;

        Own(Nvml nvml) {
            this.nvml = nvml;
            this.before = nvml.usedBytes().orElse(0);
        }

        @Override
        public OptionalLong millijoules() {
            return nvml.millijoules();
        }

        @Override
        public Duration countFor() {
            return COUNTED;
        }

        @Override
        public OptionalLong usedBytes() {
            OptionalLong own = nvml.usedBytes(ProcessHandle.current().pid());
            if (own.isPresent()) {
                return own;
            }
            OptionalLong all = nvml.usedBytes();
            return all.isPresent() ? OptionalLong.of(all.getAsLong() - before) : all;
        }
    }

    private static BenchResult.Host host() {
        MachineSource source = MachineSource.local();
        Machine machine = Machine.read(source);
        String cpu = source.file("/proc/cpuinfo")
                .flatMap(text -> text.lines()
                        .filter(line -> line.startsWith("model name"))
                        .findFirst())
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse(System.getProperty("os.arch"));
        return new BenchResult.Host(
                cpu,
                Runtime.getRuntime().availableProcessors(),
                machine.gpu().map(Gpu::words).orElse(null),
                machine.clock().isEmpty() ? null : machine.clock(),
                machine.driver().orElse(null),
                machine.tensorRt().map(Library::version).orElse(null));
    }

    private static BenchResult.Subject subject(
            EngineFolder folder, EngineIdentity identity, ModelWork work, OptionalLong deviceBytes) {
        Manifest.Plans plans = folder.manifest().plans();
        return new BenchResult.Subject(
                identity.name(),
                identity.hash(),
                precision(identity, folder),
                identity.runtime(),
                folder.manifest().target().profile(),
                work.activations().name(),
                planBytes(folder),
                plans == null ? null : plans.buildSeconds(),
                plans == null ? null : plans.ownBytes(),
                plans == null ? null : plans.peakBytes(),
                deviceBytes.isPresent() ? deviceBytes.getAsLong() : null,
                ProcessMemory.resident());
    }

    /** With the GPU's profile, where that is not the usual one: tables name engines by it. */
    private static String precision(EngineIdentity identity, EngineFolder folder) {
        Manifest.Quantised quantised = folder.manifest().quantised();
        return quantised == null || quantised.plan().profile() == GpuProfile.USUAL
                ? identity.precision()
                : identity.precision() + ", profile " + quantised.plan().profile();
    }

    /** Of plans, and of the weights that they are given; null where there are none. */
    private static @Nullable Long planBytes(EngineFolder folder) {
        if (folder.manifest().plans() == null) {
            return null;
        }
        try {
            long bytes = Files.size(folder.visionPlan()) + Files.size(folder.textPlan());
            // The file also has what the plans hold themselves.
            try (TextWeights.Source given =
                    TextWeights.open(folder.weights(), folder.decodeKernels().isPresent())) {
                return bytes + given.bytes();
            }
        } catch (IOException e) {
            throw new CommandException("cannot read %s: %s".formatted(folder.path(), e), e);
        }
    }

    private void print(BenchResult result) {
        BenchResult.Subject subject = result.engine();
        System.out.printf(
                "%s, %s, %s; %s%n%n",
                subject.name(),
                subject.precision(),
                subject.runtime(),
                result.host().gpu() == null ? "no GPU" : result.host().gpu());
        System.out.printf("%-26s %9s %9s %9s %7s %8s%n", "milliseconds", "P50", "P10", "P90", "rounds", "joules");
        for (BenchResult.Row row : result.rows()) {
            Double joules = row.joules();
            System.out.printf(
                    Locale.ROOT,
                    "%-26s %9.2f %9.2f %9.2f %7d %8s%n",
                    row.name(),
                    row.p50(),
                    row.p10(),
                    row.p90(),
                    row.rounds(),
                    joules == null ? "n/a" : String.format(Locale.ROOT, "%.3f", joules));
        }
        result.skipped().forEach(row -> System.out.printf("%s: skipped, %s%n", row.name(), row.why()));
        System.out.printf(
                "%nmemory: of the device %s, of the host %s%n",
                words(subject.deviceBytes()), words(subject.residentBytes()));
    }

    private static String words(@Nullable Long bytes) {
        return bytes == null ? "n/a" : MemoryNeed.words(bytes);
    }

    private void report(BenchReport page) {
        if (report.isEmpty()) {
            System.out.printf("%n%s", page.markdown(Optional.empty()));
            return;
        }
        Path file = report.get();
        String name = file.getFileName().toString();
        Path drawing =
                file.resolveSibling((name.endsWith(".md") ? name.substring(0, name.length() - 3) : name) + ".svg");
        write(drawing, page.svg().getBytes(StandardCharsets.UTF_8));
        write(file, page.markdown(Optional.of(drawing.getFileName().toString())).getBytes(StandardCharsets.UTF_8));
    }

    private static void write(Path file, byte[] content) {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(file, e), e);
        }
    }

    private static BenchResult result(Path file) {
        try {
            return BenchResult.read(file);
        } catch (IOException e) {
            throw new CommandException(
                    "%s is no result of a bench (%s); name a file that engine bench --out wrote"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    private static Reference reference(Path file) {
        try {
            return Reference.read(file);
        } catch (IOException e) {
            throw new CommandException(
                    "%s is no reference (%s); name a file that trt-build/bench/reference.py wrote"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }
}
