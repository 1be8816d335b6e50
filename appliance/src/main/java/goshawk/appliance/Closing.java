package goshawk.appliance;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** Things to give back, last taken first. Goes on when one refuses; the later failures ride along suppressed. */
final class Closing implements AutoCloseable {

    private final Deque<Runnable> stack = new ArrayDeque<>();

    synchronized <T> T own(T thing, Consumer<? super T> release) {
        stack.push(() -> release.accept(thing));
        return thing;
    }

    @Override
    public synchronized void close() {
        RuntimeException failure = null;
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

    /** Takes a half-made thing apart again without hiding {@code why}. */
    void closeAfter(RuntimeException why) {
        try {
            close();
        } catch (RuntimeException e) {
            why.addSuppressed(e);
        }
    }
}
