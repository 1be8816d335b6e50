package goshawk.appliance.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Things to give back, last taken first. Goes on when one release fails; the later failures ride along suppressed. Safe
 * for any thread; closing it again does nothing.
 */
public final class Releases implements AutoCloseable {

    private final Deque<Runnable> stack = new ArrayDeque<>();

    /** Takes {@code thing} over and hands it through. */
    public synchronized <T> T own(T thing, Consumer<? super T> release) {
        stack.push(() -> release.accept(thing));
        return thing;
    }

    @Override
    public synchronized void close() {
        @Nullable RuntimeException failure = null;
        while (!stack.isEmpty()) {
            try {
                stack.pop().run();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Takes a half-built thing apart again without hiding {@code why}. */
    public void closeAfter(RuntimeException why) {
        try {
            close();
        } catch (RuntimeException e) {
            why.addSuppressed(e);
        }
    }
}
