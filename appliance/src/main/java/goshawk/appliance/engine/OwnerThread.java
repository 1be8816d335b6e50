package goshawk.appliance.engine;

/** Confines an engine to the thread that opened it. */
public final class OwnerThread {

    private final Thread owner = Thread.currentThread();

    /** @throws IllegalStateException on any other thread than the one that made this */
    public void require() {
        if (!owner.equals(Thread.currentThread())) {
            throw new IllegalStateException("engine of " + owner + " used by " + Thread.currentThread());
        }
    }
}
