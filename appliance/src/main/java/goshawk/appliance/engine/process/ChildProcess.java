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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
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
 * <p>Calls are made by one thread at a time, which reads the answer itself: a thread between would have to be woken for each
 * token that is decoded. A thread of this class's own waits for the end.
 */
final class ChildProcess implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ChildProcess.class);
    private static final Duration ENDING = Duration.ofSeconds(5);
    private static final long LONG_LOG_BYTES = 4 << 20;

    /** No call has this id. */
    private static final long NOBODY = -1;

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
    private final InputStream answers;
    private final SharedMemory callNumbers;
    private final SharedMemory answerNumbers;
    private final AtomicBoolean isCalling = new AtomicBoolean();

    /** Why it ends, where we know before it has; the first reason counts. */
    private final AtomicReference<@Nullable String> reason = new AtomicReference<>();

    private final CompletableFuture<String> end = new CompletableFuture<>();

    /** Of a call: kills the process when its limit is over; on another thread, for the caller may be writing. */
    private final class Watch implements AutoCloseable {

        private final String call;
        private final Duration limit;
        private final CompletableFuture<Void> answered = new CompletableFuture<>();
        private final CompletableFuture<Void> over;

        Watch(String call, Duration limit) {
            this.call = call;
            this.limit = limit;
            this.over = answered.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                    .whenComplete((_, e) -> {
                        if (e != null) {
                            kill("gave no answer to %s and was killed".formatted(call));
                        }
                    });
        }

        EngineException failure(String how) {
            return over.isCompletedExceptionally()
                    ? new EngineException.Hung(call, limit)
                    : new EngineException.Ended(call, how);
        }

        @Override
        public void close() {
            answered.complete(null);
        }
    }

    private ChildProcess(
            EngineProgram program, Process process, Path shared, SharedMemory callNumbers, SharedMemory answerNumbers) {
        this.program = program;
        this.process = process;
        this.shared = shared;
        this.calls = process.getOutputStream();
        this.answers = process.getInputStream();
        this.callNumbers = callNumbers;
        this.answerNumbers = answerNumbers;
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
        Thread.ofPlatform().name("engine end").daemon().start(child::awaitEnd);
        return child;
    }

    /** Waits until the engine is open. */
    EngineIdentity open(Duration limit) {
        try (var watch = new Watch("open", limit)) {
            Answer answer = answer(heard(0), watch);
            if (answer instanceof Answer.Ready(var identity)) {
                return identity;
            }
            throw misunderstood("open", answer);
        }
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
        if (!isCalling.compareAndSet(false, true)) {
            throw new IllegalStateException("a call while another is in hand");
        }
        try (var watch = new Watch(call.name(), limit)) {
            send(call);
            return answer(heard(call.id()), watch);
        } finally {
            isCalling.set(false);
        }
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

    private Answer answer(Optional<Answer> heard, Watch watch) {
        Answer answer = heard.orElseThrow(() -> watch.failure(ended()));
        if (answer instanceof Answer.Failed failed) {
            throw failed.exception();
        }
        return answer;
    }

    /** Empty when the process has ended, or is about to. Whoever sees its end hears what was said without being asked. */
    private synchronized Optional<Answer> heard(long id) {
        try {
            while (true) {
                Answer answer = heard();
                if (answer.id() == id && !(answer instanceof Answer.Hello)) {
                    return Optional.of(answer);
                }
                if (answer.id() != 0) {
                    log.warn("an answer to call {} comes when nobody waits for it; it is dropped", answer.id());
                }
            }
        } catch (EOFException e) {
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            kill("broke the protocol (%s) and was killed".formatted(e.getMessage()));
            return Optional.empty();
        }
    }

    private Answer heard() throws IOException {
        Answer answer = Answer.read(Frames.receive(answers));
        switch (answer) {
            case Answer.Hello(var version) -> {
                forgetFiles(shared);
                if (version != Frames.VERSION) {
                    kill(
                            "speaks version %d and we speak %d: the program on the disk was changed, start the appliance again"
                                    .formatted(version, Frames.VERSION));
                    throw new IOException("another version"); // what it says after that is not heard
                }
            }
            case Answer.Failed failed
            when failed.endsTheProcess() ->
                reason.compareAndSet(
                        null, "ended after a failure: " + failed.exception().getMessage());
            default -> {}
        }
        return answer;
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
    private String ended() {
        try {
            return end.copy()
                    .orTimeout(ENDING.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            kill("closed its pipe and did not end; it was killed");
            return end.join();
        }
    }

    private String exit() {
        int code = process.exitValue();
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

    private void awaitEnd() {
        while (process.isAlive()) {
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                // nobody interrupts this thread
            }
        }
        heard(NOBODY); // of what has no answer, why it ended after that
        forgetFiles(shared);
        end.complete(Optional.ofNullable(reason.get()).orElseGet(this::exit));
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
