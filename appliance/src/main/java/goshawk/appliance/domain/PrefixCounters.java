package goshawk.appliance.domain;

import java.util.concurrent.atomic.LongAdder;

/**
 * How the cache of conversations' beginnings does, system text and reference pictures, and how large it may become. Counted
 * by the line's thread, read by any.
 */
public final class PrefixCounters {

    /** Enough for three references of 1,000 tokens with the 8B, whose keys and values take 288 KiB a token in FP32. */
    public static final long USUAL_BYTES = 1L << 30;

    private final long mostBytes;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder evictions = new LongAdder();
    private volatile long bytes;

    /**
     * @param hits prefixes that were there when they were asked for
     * @param misses prefixes that had to be read
     * @param evictions prefixes that were dropped to make room
     * @param bytes of what is kept now; above {@code mostBytes} only while what is in use needs more
     * @param mostBytes the bound
     */
    public record Snapshot(long hits, long misses, long evictions, long bytes, long mostBytes) {}

    /** @param mostBytes that may be kept, at least 0, which keeps nothing that is not in use */
    public PrefixCounters(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    public long mostBytes() {
        return mostBytes;
    }

    public void hit() {
        hits.increment();
    }

    public void miss() {
        misses.increment();
    }

    public void evicted() {
        evictions.increment();
    }

    public void holds(long bytes) {
        this.bytes = bytes;
    }

    public Snapshot snapshot() {
        return new Snapshot(hits.sum(), misses.sum(), evictions.sum(), bytes, mostBytes);
    }
}
