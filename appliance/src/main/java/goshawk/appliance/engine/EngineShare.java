package goshawk.appliance.engine;

import goshawk.trtbuild.Patches;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;

/**
 * One engine for two uses. Its owner, the line, comes first; guests on other threads have the time in between.
 *
 * <p>The engine stays confined to the owner's thread. A guest sees an {@link Engine} of which every call is one step: it
 * waits in a queue, and the owner does it while it waits for its own next work. So the owner's work waits for one
 * guest's step at most, and while the owner works no guest's step is done. Guests take turns in the order in which they
 * ask; each has at most one step in the queue, because its call returns only when the step is done.
 *
 * <p>How long a step takes is the guest's to bound: it reads long texts in pieces. What a guest shows is read, so that the
 * device is done with it when the step is.
 */
public final class EngineShare implements AutoCloseable {

    private final Engine engine;
    /** What guests were given and have not given back; of the owner's thread. */
    private final Set<AutoCloseable> lent = Collections.newSetFromMap(new IdentityHashMap<>());

    // Guarded by this, which is notified when one of them grows.
    private final Queue<Request<?>> waiting = new ArrayDeque<>();
    private final List<AutoCloseable> returned = new ArrayList<>();
    private long done;
    private boolean isClosed;

    private record Request<T>(Callable<T> work, CompletableFuture<T> answer) {}

    /** @param engine stays the caller's, who closes it after this */
    public EngineShare(Engine engine) {
        this.engine = engine;
    }

    /** The engine as any other thread may use it; closing it does nothing. Whoever opens contexts with it closes them. */
    public Engine guest() {
        return new Guest();
    }

    /** Steps done for guests so far. */
    public synchronized long done() {
        return done;
    }

    /** Says that what {@link #serveUntil} asks may have changed. For any thread. */
    public synchronized void ring() {
        notifyAll();
    }

    /**
     * Does guests' steps, one after the other, until the owner has work of its own. For the owner's thread.
     *
     * @param isOwnersTurn asked before each step and after each {@link #ring}; quick, for it holds up everybody
     */
    public void serveUntil(BooleanSupplier isOwnersTurn) throws InterruptedException {
        while (true) {
            Request<?> next;
            List<AutoCloseable> unwanted;
            boolean isOver;
            synchronized (this) {
                while (!isOwnersTurn.getAsBoolean() && waiting.isEmpty() && returned.isEmpty()) {
                    wait();
                }
                unwanted = List.copyOf(returned);
                returned.clear();
                isOver = isOwnersTurn.getAsBoolean();
                next = isOver ? null : waiting.poll();
            }
            unwanted.forEach(this::takeBack);
            if (isOver) {
                return; // with all that was given back before it was the owner's turn
            }
            if (next != null) {
                make(next);
            }
        }
    }

    private <T> void make(Request<T> request) {
        if (request.answer.isDone()) {
            return; // whoever asked has gone
        }
        try {
            T made = request.work.call();
            if (!request.answer.complete(made)) {
                handle(made).forEach(this::takeBack);
            }
        } catch (Exception e) {
            request.answer.completeExceptionally(e);
        } catch (Error e) {
            request.answer.completeExceptionally(e);
            throw e; // nothing in this process is to be trusted now
        }
        synchronized (this) {
            done++;
        }
    }

    /** The memory of the engine's runtime in an answer. */
    private static List<AutoCloseable> handle(Object answer) {
        return switch (answer) {
            case Engine.Step(var context, var _) -> List.of(context);
            case AutoCloseable memory -> List.of(memory);
            default -> List.of();
        };
    }

    private void takeBack(AutoCloseable thing) {
        if (lent.remove(thing)) {
            free(thing);
        }
    }

    private static void free(AutoCloseable thing) {
        try {
            switch (thing) {
                case Said said -> said.own.close();
                case Seen seen -> seen.own.close();
                default -> thing.close();
            }
        } catch (Exception e) {
            throw new EngineException("what a guest used cannot be freed: " + e.getMessage(), e);
        }
    }

    /** Turns guests away and frees what they hold, so that the engine can be closed. For the owner's thread. */
    @Override
    public void close() {
        List<Request<?>> late;
        synchronized (this) {
            isClosed = true;
            late = List.copyOf(waiting);
            waiting.clear();
            returned.clear();
        }
        late.forEach(request -> request.answer.completeExceptionally(gone()));
        lent.forEach(EngineShare::free);
        lent.clear();
    }

    private static EngineException gone() {
        return new EngineException("the engine was closed while somebody waited for it; start the appliance again");
    }

    private <T> T step(Callable<T> work) {
        var request = new Request<>(work, new CompletableFuture<T>());
        synchronized (this) {
            if (isClosed) {
                throw gone();
            }
            waiting.add(request);
            notifyAll();
        }
        try {
            return request.answer.get();
        } catch (InterruptedException e) {
            boolean tooLate = !request.answer.cancel(false) && !request.answer.isCompletedExceptionally();
            if (tooLate) {
                handle(request.answer.resultNow()).forEach(this::giveBack);
            }
            Thread.currentThread().interrupt();
            throw new EngineException("interrupted while waiting for the engine", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException ours ? ours : new EngineException("a step failed", e);
        }
    }

    private synchronized void giveBack(AutoCloseable thing) {
        if (!isClosed) {
            returned.add(thing);
            notifyAll();
        }
    }

    private <T extends AutoCloseable> T lend(T thing) {
        lent.add(thing);
        return thing;
    }

    private final class Guest implements Engine {

        @Override
        public EngineIdentity identity() {
            return step(engine::identity);
        }

        @Override
        public PictureFeatures see(Patches patches) {
            return step(() -> lend(new Seen(engine.see(patches))));
        }

        @Override
        public Context start() {
            return step(() -> lend(new Said(engine.start())));
        }

        @Override
        public Engine.Step read(Context past, int[] tokens, List<PictureFeatures> pictures) {
            return step(() -> {
                List<PictureFeatures> own =
                        pictures.stream().map(it -> ((Seen) it).own).toList();
                Engine.Step step = engine.read(((Said) past).own, tokens, own);
                return new Engine.Step(lend(new Said(step.context())), step.logits());
            });
        }

        @Override
        public List<float[]> ask(Context past, List<int[]> continuations) {
            return step(() -> engine.ask(((Said) past).own, continuations));
        }

        @Override
        public List<float[]> ask(Context past, List<int[]> continuations, int[] tokens) {
            return step(() -> engine.ask(((Said) past).own, continuations, tokens));
        }

        @Override
        public void close() {
            // The engine is its owner's.
        }
    }

    private final class Seen implements Engine.PictureFeatures {

        private final Engine.PictureFeatures own;

        Seen(Engine.PictureFeatures own) {
            this.own = own;
        }

        @Override
        public int tokens() {
            return own.tokens();
        }

        @Override
        public void close() {
            giveBack(this);
        }
    }

    private final class Said implements Engine.Context {

        private final Engine.Context own;

        Said(Engine.Context own) {
            this.own = own;
        }

        @Override
        public int length() {
            return own.length();
        }

        @Override
        public long bytes() {
            return own.bytes();
        }

        @Override
        public boolean isGone() {
            return own.isGone();
        }

        @Override
        public void close() {
            giveBack(this);
        }
    }
}
