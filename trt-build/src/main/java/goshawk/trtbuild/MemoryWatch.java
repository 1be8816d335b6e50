package goshawk.trtbuild;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The most memory that each phase of a build takes, of this process and of one that it has started. Looks twenty times a
 * second: what comes and goes in between is not seen. For any thread.
 */
final class MemoryWatch implements AutoCloseable {

    private static final long EVERY_MS = 50;

    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<String, Most> phases = new LinkedHashMap<>();
    private String phase;
    private OptionalLong other = OptionalLong.empty();

    private record Most(long own, long all) {

        static final Most NOTHING = new Most(0, 0);

        Most or(ProcessMemory now) {
            return new Most(Math.max(own, now.own()), Math.max(all, now.all()));
        }
    }

    private MemoryWatch(String phase) {
        this.phase = phase;
    }

    /** @param phase that begins now */
    static MemoryWatch start(String phase) {
        var watch = new MemoryWatch(phase);
        Thread.ofPlatform().name("memory watch").daemon().start(watch::run);
        return watch;
    }

    /** Ends the phase before; one that was there before goes on. */
    synchronized void phase(String begins) {
        if (!begins.equals(phase)) {
            look();
            phase = begins;
            look();
        }
    }

    /** From now on another process counts too; the caller says when it has ended. */
    synchronized void also(long pid) {
        other = OptionalLong.of(pid);
    }

    synchronized void alone() {
        other = OptionalLong.empty();
    }

    /** In their order; also after the end. */
    synchronized List<Manifest.PhaseMemory> phases() {
        look();
        List<Manifest.PhaseMemory> all = new ArrayList<>();
        phases.forEach((name, most) -> all.add(new Manifest.PhaseMemory(name, most.own(), most.all())));
        return all;
    }

    /** The most of their own that the processes had at once. */
    synchronized long mostOwn() {
        return phases.values().stream().mapToLong(Most::own).max().orElse(0);
    }

    /** The most that they had at once, with pages of files. */
    synchronized long mostAll() {
        return phases.values().stream().mapToLong(Most::all).max().orElse(0);
    }

    private synchronized void look() {
        ProcessMemory now = ProcessMemory.here();
        if (other.isPresent()) {
            now = now.plus(ProcessMemory.of(other.getAsLong()));
        }
        phases.put(phase, phases.getOrDefault(phase, Most.NOTHING).or(now));
    }

    private void run() {
        try {
            while (!closing.await(EVERY_MS, TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
