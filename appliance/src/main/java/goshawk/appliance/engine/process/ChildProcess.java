package goshawk.appliance.engine.process;

import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineIdentity;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One engine process as its parent sees it: one call at a time, each with a limit, and how it ended. It ends for good;
 * another one is another object.
 *
 * <p>Calls are made by one thread at a time; a thread of this class's own hears the answers, and the end.
 */
final class ChildProcess implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ChildProcess.class);
    private static final Duration ENDING = Duration.ofSeconds(5);
    private static final long LONG_LOG_BYTES = 4 << 20;

    /** With which the Java runtime ends when its heap is full. */
    private static final int HEAP_FULL = 3;

    /** What the Java runtime says first of its own crash. */
    private static final Pattern CRASH = Pattern.compile("#\\s+(SIG[A-Z]+|Internal Error|Out of Memory Error)\\b.*");

    /** Exit codes above this are a signal's number and this. */
    private static final int SIGNALLED = 128;

    private static final Map<Integer, String> SIGNALS = Map.of(
            4, "SIGILL",
            6, "SIGABRT",
            7, "SIGBUS",
            8, "SIGFPE",
            9, "SIGKILL: somebody's, or the machine had no memory left",
            11, "SIGSEGV",
            15, "SIGTERM");

    private final EngineProgram program;
    private final Process process;
    private final Path shared;
    private final OutputStream calls;
    private final SharedMemory callNumbers;
    private final SharedMemory answerNumbers;
    private final Waiting opening;
    private final AtomicReference<@Nullable Waiting> waiting = new AtomicReference<>();

    /** Why it ends, where we know before it has; the first reason counts. */
    private final AtomicReference<@Nullable String> reason = new AtomicReference<>();

    private final CompletableFuture<String> end = new CompletableFuture<>();

    private record Waiting(long id, String call, CompletableFuture<Answer> answer) {}

    private ChildProcess(
            EngineProgram program, Process process, Path shared, SharedMemory callNumbers, SharedMemory answerNumbers) {
        this.program = program;
        this.process = process;
        this.shared = shared;
        this.calls = process.getOutputStream();
        this.callNumbers = callNumbers;
        this.answerNumbers = answerNumbers;
        this.opening = new Waiting(0, "open", new CompletableFuture<>());
        this.waiting.set(opening);
    }

    /**
     * Starts it and waits for nothing.
     *
     * @throws EngineException if the machine starts no such process
     */
    static ChildProcess start(EngineProgram program) {
        try {
            Path shared = privateFolder();
            try {
                return spawn(program, shared);
            } catch (IOException e) {
                forgetFiles(shared);
                throw e;
            }
        } catch (IOException e) {
            throw new EngineException("the engine process cannot be started: " + e, e);
        }
    }

    /** In memory where the machine has a place for that, so that pictures wear out no disk. */
    private static Path privateFolder() throws IOException {
        Path memory = Path.of("/dev/shm");
        Path parent = Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
        return Files.createTempDirectory(
                parent,
                "goshawk-engine-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private static ChildProcess spawn(EngineProgram program, Path shared) throws IOException {
        var callNumbers = SharedMemory.create(shared.resolve(EngineHost.CALL_NUMBERS));
        var answerNumbers = SharedMemory.create(shared.resolve(EngineHost.ANSWER_NUMBERS));
        Path errors = program.log().toAbsolutePath();
        Files.createDirectories(errors.resolveSibling(""));
        if (Files.exists(errors) && Files.size(errors) > LONG_LOG_BYTES) {
            Files.move(errors, errors.resolveSibling(errors.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        var builder = new ProcessBuilder(program.command(shared)).redirectError(Redirect.appendTo(errors.toFile()));
        // Not on the command line, where it would hide all else in a list of processes.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        var child = new ChildProcess(program, builder.start(), shared, callNumbers, answerNumbers);
        Thread.ofPlatform().name("engine answers").daemon().start(child::listen);
        return child;
    }

    /** Waits until the engine is open. */
    EngineIdentity open(Duration limit) {
        Answer answer = answer(opening, watched(opening, limit), limit);
        if (answer instanceof Answer.Ready(var identity)) {
            return identity;
        }
        throw misunderstood("open", answer);
    }

    long pid() {
        return process.pid();
    }

    /** How it ended; never fails. */
    CompletableFuture<String> end() {
        return end;
    }

    /** Numbers that go with calls. */
    SharedMemory callNumbers() {
        return callNumbers;
    }

    /** Numbers that come with answers. */
    SharedMemory answerNumbers() {
        return answerNumbers;
    }

    /**
     * Makes a call and waits for its answer, however often the thread is interrupted meanwhile: a part in hand is
     * finished.
     *
     * @throws EngineException what the engine says, or {@link EngineException.ProcessFailed} when nothing is said
     */
    Answer call(Call call, Duration limit) {
        var next = new Waiting(call.id(), call.name(), new CompletableFuture<>());
        if (!waiting.compareAndSet(null, next)) {
            throw new IllegalStateException("a call while another is in hand");
        }
        CompletableFuture<Answer> watched = watched(next, limit);
        send(call);
        return answer(next, watched, limit);
    }

    /** Says something that has no answer. */
    void send(Call call) {
        try {
            Frames.send(calls, call);
        } catch (IOException e) {
            // It has ended, or is about to: whoever hears the answers hears that too, and how.
            log.debug("{} was not sent: {}", call.name(), e.getMessage());
        }
    }

    /** Kills the process when the limit is over; on another thread, for the caller may still be writing. */
    private CompletableFuture<Answer> watched(Waiting now, Duration limit) {
        return now.answer.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).whenComplete((_, e) -> {
            if (e instanceof TimeoutException) {
                kill("gave no answer to %s and was killed".formatted(now.call));
            }
        });
    }

    private Answer answer(Waiting now, CompletableFuture<Answer> watched, Duration limit) {
        // Looked at after we wait: the end was before, or is told to whoever waits.
        if (end.isDone()) {
            now.answer.completeExceptionally(new EngineException.Ended(now.call, end.join()));
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    Answer answer = watched.get();
                    if (answer instanceof Answer.Failed failed) {
                        throw failed.exception();
                    }
                    return answer;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EngineException ours) {
                throw ours;
            }
            throw new EngineException.Hung(now.call, limit); // the only other way in which it is completed
        } finally {
            waiting.compareAndSet(now, null);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void listen() {
        try (InputStream answers = process.getInputStream()) {
            while (true) {
                hear(Answer.read(Frames.receive(answers)));
            }
        } catch (EOFException e) {
            // It has ended, or is about to.
        } catch (IOException | RuntimeException e) {
            kill("broke the protocol (%s) and was killed".formatted(e.getMessage()));
        }
        conclude(Optional.ofNullable(reason.get()).orElseGet(this::exit));
    }

    private void hear(Answer answer) throws IOException {
        switch (answer) {
            case Answer.Hello(var version) -> {
                forgetFiles(shared);
                if (version != Frames.VERSION) {
                    kill(
                            "speaks version %d and we speak %d: the program on the disk was changed, start the appliance again"
                                    .formatted(version, Frames.VERSION));
                    throw new IOException("another version"); // what it said after that is not heard
                }
                return;
            }
            case Answer.Failed failed
            when failed.endsTheProcess() ->
                reason.compareAndSet(
                        null, "ended after a failure: " + failed.exception().getMessage());
            default -> {}
        }
        Waiting now = waiting.get();
        if (now == null || now.id != answer.id() || !now.answer.complete(answer)) {
            log.warn("an answer to call {} comes when nobody waits for it; it is dropped", answer.id());
        }
    }

    /** Both sides have opened the files, or never will: nothing is left behind, however either ends. */
    private static void forgetFiles(Path shared) {
        try {
            Files.deleteIfExists(shared.resolve(EngineHost.CALL_NUMBERS));
            Files.deleteIfExists(shared.resolve(EngineHost.ANSWER_NUMBERS));
            Files.deleteIfExists(shared);
        } catch (IOException e) {
            log.warn("shared memory is left behind: {}", e.getMessage());
        }
    }

    /** An answer that is none to this call: whatever it is, the process is not to be trusted. */
    EngineException misunderstood(String call, Object answer) {
        kill("gave a wrong answer to %s (%s) and was killed".formatted(call, answer));
        return new EngineException.Ended(call, String.valueOf(reason.get()));
    }

    private void kill(String why) {
        reason.compareAndSet(null, why);
        process.toHandle().destroyForcibly();
    }

    /** Waits for the end, with force where it does not come, and says how it came. */
    private String exit() {
        int code = exitCode();
        if (code > SIGNALLED) {
            int signal = code - SIGNALLED;
            return "was ended by signal %d (%s)".formatted(signal, SIGNALS.getOrDefault(signal, "unusual"));
        }
        String told = code == HEAP_FULL ? "ended because its heap was full" : "ended by itself with exit code " + code;
        return crash().orElse(told);
    }

    /** Of a crash the Java runtime writes a file, and ends as if nothing was. */
    private Optional<String> crash() {
        Path file = program.crashFile(Long.toString(process.pid()));
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(CRASH::matcher)
                    .filter(Matcher::matches)
                    .findFirst()
                    .map(line -> "crashed (%s, see %s)".formatted(line.group(1), file.getFileName()));
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty(); // there is none
        }
    }

    private int exitCode() {
        while (true) {
            try {
                if (process.waitFor(ENDING.toMillis(), TimeUnit.MILLISECONDS)) {
                    return process.exitValue();
                }
                kill("closed its pipe and did not end; it was killed");
            } catch (InterruptedException e) {
                // nobody interrupts this thread
            }
        }
    }

    private void conclude(String how) {
        exitCode();
        forgetFiles(shared);
        end.complete(how);
        Waiting now = waiting.get();
        if (now != null) {
            now.answer.completeExceptionally(new EngineException.Ended(now.call, how));
        }
    }

    /** Ends the process, with force where it does not end by itself. Takes seconds at most; a second time does nothing. */
    @Override
    public void close() {
        reason.compareAndSet(null, "was closed");
        try {
            calls.close();
        } catch (IOException e) {
            log.debug("the pipe of calls: {}", e.getMessage()); // it has ended
        }
        try {
            end.copy().get(ENDING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            process.toHandle().destroyForcibly();
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
        }
        try {
            callNumbers.close();
            answerNumbers.close();
        } catch (IOException e) {
            log.warn("shared memory: {}", e.getMessage());
        }
    }
}
