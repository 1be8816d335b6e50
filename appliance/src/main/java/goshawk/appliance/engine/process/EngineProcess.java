package goshawk.appliance.engine.process;

import goshawk.appliance.domain.EngineState;
import goshawk.appliance.domain.EngineState.Condition;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.OwnerThread;
import goshawk.trtbuild.Patches;
import goshawk.trtbuild.ProcessMemory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine in a process of its own, which is started again when it is lost: it crashed, was killed, or did not answer in
 * time. A native fault is then the loss of a part or some, and of nothing else.
 *
 * <p>Belongs to the thread that started it; any other thread is refused. While there is no process every call fails at
 * once with {@link EngineException.NotReady}. A supervising thread starts the next one, waits longer each time when they
 * do not last, and hands it over only when it is warm. Contexts of a lost process are {@link Context#isGone() gone}.
 */
public final class EngineProcess implements Engine {

    private static final Logger log = LoggerFactory.getLogger(EngineProcess.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** A process that lasted so long was not lost at its start. */
    private static final Duration LASTING = Duration.ofMinutes(1);

    private final OwnerThread owner = new OwnerThread();
    private final EngineProgram program;
    private final Consumer<Engine> warmUp;
    private final AtomicLong ids = new AtomicLong();
    private final AtomicLong restarts = new AtomicLong();
    private final CompletableFuture<EngineIdentity> first = new CompletableFuture<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread supervisor =
            Thread.ofPlatform().name("engine supervisor").daemon().unstarted(this::supervise);

    /** From its start on. */
    private volatile @Nullable ChildProcess current;

    private volatile @Nullable Life life;
    private volatile String loss = "";

    /** A process that is ready. */
    private record Life(ChildProcess process, ChildEngine engine) {}

    private EngineProcess(EngineProgram program, Consumer<Engine> warmUp) {
        this.program = program;
        this.warmUp = warmUp;
    }

    /**
     * Starts the process and waits until it is ready.
     *
     * @param warmUp uses each new process before it is called ready, on the supervising thread; closes what it opens, and
     *     leaves the engine open
     * @throws EngineException if it does not become ready; there is no process then
     */
    public static EngineProcess start(EngineProgram program, Consumer<Engine> warmUp) {
        var engine = new EngineProcess(program, warmUp);
        engine.supervisor.start();
        try {
            engine.first.join();
            return engine;
        } catch (CompletionException e) {
            engine.close();
            throw e.getCause() instanceof RuntimeException ours ? ours : e;
        }
    }

    private void supervise() {
        Duration pause = FIRST_PAUSE;
        while (!isClosing(Duration.ZERO)) {
            OptionalLong readyAt = OptionalLong.empty();
            try (ChildProcess process = ChildProcess.start(program)) {
                current = process;
                if (isClosing(Duration.ZERO)) {
                    return; // whoever closes us has seen the process, or we have seen that
                }
                Life alive = alive(process);
                life = alive;
                readyAt = OptionalLong.of(System.nanoTime());
                first.complete(alive.engine.identity());
                log.info("engine process {} is ready", process.pid());
                loss = process.end().join();
            } catch (RuntimeException | Error e) {
                if (first.completeExceptionally(told(e))) {
                    return; // whoever starts us decides
                }
                loss = String.valueOf(e.getMessage());
            } finally {
                life = null;
            }
            if (isClosing(Duration.ZERO)) {
                return;
            }
            restarts.incrementAndGet();
            boolean lasted = readyAt.isPresent() && System.nanoTime() - readyAt.getAsLong() > LASTING.toNanos();
            pause = lasted ? FIRST_PAUSE : pause;
            log.error("the engine process {}; the next try is in {} ms, see {}", loss, pause.toMillis(), program.log());
            if (isClosing(pause)) {
                return;
            }
            Duration doubled = pause.multipliedBy(2);
            pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        }
    }

    /** A process that never answered has told its log at most. */
    private Throwable told(Throwable e) {
        return e instanceof EngineException.ProcessFailed
                ? new EngineException("%s; %s says more".formatted(e.getMessage(), program.log()), e)
                : e;
    }

    private Life alive(ChildProcess process) {
        EngineIdentity identity = process.open(program.startWithin());
        if (first.isDone() && !first.join().equals(identity)) {
            throw new EngineException("the engine on the disk is now %s, it was %s; start the appliance again"
                    .formatted(identity, first.join()));
        }
        var engine = new ChildEngine(process, identity, ids, program.startWithin());
        warmUp.accept(engine);
        if (engine.out() != 0) {
            throw new IllegalStateException("the warm-up left %d contexts or picture features".formatted(engine.out()));
        }
        engine.limit(program.answerWithin());
        return new Life(process, engine);
    }

    /** Waits for that long, or until the engine is closed. */
    private boolean isClosing(Duration atMost) {
        try {
            return closing.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** For any thread; answers at once. */
    public EngineState state() {
        Life now = life;
        if (now != null && !now.process.end().isDone()) {
            long pid = now.process.pid();
            return new EngineState(Condition.READY, loss, restarts.get(), pid, ProcessMemory.resident(pid));
        }
        Condition condition =
                closing.getCount() == 0 ? Condition.CLOSED : first.isDone() ? Condition.RESTARTING : Condition.STARTING;
        return new EngineState(condition, loss, restarts.get(), 0, 0);
    }

    private ChildEngine engine() {
        owner.require();
        Life now = life;
        if (now == null || now.process.end().isDone()) {
            throw new EngineException.NotReady(
                    now == null ? loss : now.process.end().join());
        }
        return now.engine;
    }

    @Override
    public EngineIdentity identity() {
        return first.join();
    }

    @Override
    public PictureFeatures see(Patches patches) {
        return engine().see(patches);
    }

    @Override
    public PictureFeatures see(MemorySegment pixels, int gridT, int gridH, int gridW) {
        return engine().see(pixels, gridT, gridH, gridW);
    }

    @Override
    public Context start() {
        return engine().start();
    }

    @Override
    public Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
        return engine().read(past, tokens, pictures);
    }

    @Override
    public Context show(Context past, int[] tokens, List<PictureFeatures> pictures) {
        return engine().show(past, tokens, pictures);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations) {
        return engine().ask(past, continuations);
    }

    @Override
    public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
        return engine().ask(past, continuations, tokens);
    }

    /** Ends the process. Refused in words, after that, when contexts or features of it are out: a leak is loud. */
    @Override
    public void close() {
        owner.require();
        Life last = life;
        closing.countDown();
        ChildProcess process = current;
        if (process != null) {
            process.close();
        }
        boolean interrupted = false;
        while (supervisor.isAlive()) {
            try {
                supervisor.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (last != null && last.engine.out() != 0) {
            throw new IllegalStateException(last.engine.out() + " contexts or picture features never closed");
        }
    }
}
