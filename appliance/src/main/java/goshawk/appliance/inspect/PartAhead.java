package goshawk.appliance.inspect;

import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import goshawk.camera.Views;
import goshawk.trtbuild.Patches;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * The part behind the one in hand, as soon as its pictures wait: where it lies and its first region are worked out on a
 * thread of its own, and the region is seen while the engine still answers for the part in hand. What comes of it is for
 * that part alone; whatever goes wrong, the part is looked at as if nothing had been done.
 *
 * <p>Belongs to the line's thread, but for {@code locator}, which the other thread alone uses.
 */
final class PartAhead implements AutoCloseable {

    private final Supplier<Optional<Views>> waiting;
    private final PartLocator locator;
    private final Engine engine;
    private final BiFunction<Views, Poses, Patches> firstRegion;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("part ahead").daemon().factory());
    private Optional<Begun> begun = Optional.empty();

    /**
     * A part whose first steps are done.
     *
     * @param patches of its first region
     * @param seen the same as the engine sees it, closed by whoever takes the part; empty if it was not come so far
     */
    record Prepared(Poses poses, Patches patches, Optional<Engine.PictureFeatures> seen) {}

    /** A part that was begun with. */
    private static final class Begun {

        private final Views views;
        private final CompletableFuture<Prepared> prepared;
        private Optional<Engine.PictureFeatures> seen = Optional.empty();
        private boolean isRefused;

        Begun(Views views, CompletableFuture<Prepared> prepared) {
            this.views = views;
            this.prepared = prepared;
        }

        boolean isToBeSeen() {
            return seen.isEmpty() && !isRefused && prepared.isDone() && !prepared.isCompletedExceptionally();
        }

        void drop() {
            seen.ifPresent(Engine.PictureFeatures::close);
        }
    }

    /**
     * @param waiting the pictures of the part that comes next, if they have come: asked again and again, on the line's thread
     * @param locator taken over
     * @param engine one that sees while it answers; stays the caller's
     * @param firstRegion cuts and patches it, on any thread
     */
    PartAhead(
            Supplier<Optional<Views>> waiting,
            PartLocator locator,
            Engine engine,
            BiFunction<Views, Poses, Patches> firstRegion) {
        this.waiting = waiting;
        this.locator = locator;
        this.engine = engine;
        this.firstRegion = firstRegion;
    }

    /**
     * Goes on where it can, between two steps of the part in hand.
     *
     * @param canSee whether the engine has seen all of the part in hand
     */
    void goOn(boolean canSee) {
        if (begun.isEmpty()) {
            begun = waiting.get()
                    .map(views -> new Begun(views, CompletableFuture.supplyAsync(() -> prepared(views), worker)));
        } else if (canSee && begun.get().isToBeSeen()) {
            see(begun.get());
        }
    }

    private Prepared prepared(Views views) {
        Poses poses = locator.locate(views);
        return new Prepared(poses, firstRegion.apply(views, poses), Optional.empty());
    }

    private void see(Begun part) {
        try {
            part.seen = Optional.of(engine.see(part.prepared.join().patches()));
        } catch (EngineException e) {
            part.isRefused = true; // the part in hand will hear of it too, if it matters
        }
    }

    /**
     * What was done for a part whose turn has come; waits until it is done. Empty when nothing was, or it failed: whoever
     * looks at the part comes to the same failure. What was done for another part, which never came, is dropped.
     */
    Optional<Prepared> take(Views views) {
        Optional<Begun> taken = begun;
        begun = Optional.empty();
        if (taken.isEmpty()) {
            return Optional.empty();
        }
        Begun part = taken.get();
        if (part.views != views) {
            part.drop();
            return Optional.empty();
        }
        try {
            Prepared prepared = part.prepared.join();
            Optional<Engine.PictureFeatures> seen = part.seen.filter(it -> !it.isGone());
            if (seen.isEmpty()) {
                part.drop();
            }
            return Optional.of(new Prepared(prepared.poses(), prepared.patches(), seen));
        } catch (CompletionException e) {
            part.drop();
            return Optional.empty();
        }
    }

    /** Closes the locator too, once the other thread has left it. */
    @Override
    public void close() {
        begun.ifPresent(Begun::drop);
        begun = Optional.empty();
        worker.close();
        locator.close();
    }
}
