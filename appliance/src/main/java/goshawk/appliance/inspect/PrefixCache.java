package goshawk.appliance.inspect;

import goshawk.appliance.domain.PrefixCounters;
import goshawk.appliance.domain.ReferencePicture;
import goshawk.appliance.engine.Engine;
import goshawk.trtbuild.Patches;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keys and values of what conversations begin with, system text and reference pictures, kept from part to part and from
 * recipe to recipe. Found by content: the same tokens and the same pixels are the same prefix, whoever asks. A prefix is
 * read passage by passage, each in one step, whether or not the passages before it were kept, so it always has the same
 * bits. One that was lost with the engine's process is read again.
 *
 * <p>Bounded in bytes: the prefix that was not used for the longest time is dropped first. One in use is never dropped,
 * even where the bound is exceeded; that lasts until it is given back.
 *
 * <p>Belongs to the engine's thread, and is closed before the engine.
 */
final class PrefixCache implements AutoCloseable {

    private final Engine engine;
    private final ModelInput input;
    private final PrefixCounters counters;
    /** The one that was used last comes last. */
    private final Map<String, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

    private long bytes;

    /** A prefix, and how many have it in hand. */
    private static final class Kept {

        private final Engine.Context context;
        private int users;

        Kept(Engine.Context context) {
            this.context = context;
        }
    }

    /** A prefix in use, until it is closed. Its context is the cache's. */
    interface Use extends AutoCloseable {

        Engine.Context context();

        @Override
        void close();
    }

    /**
     * @param engine stays the caller's, as {@code input} does
     * @param counters say how large it may become, and are told what it does
     */
    PrefixCache(Engine engine, ModelInput input, PrefixCounters counters) {
        this.engine = engine;
        this.input = input;
        this.counters = counters;
    }

    /** @param passages at least one */
    Use use(List<Passage> passages) {
        String key = key(passages);
        Kept found = kept.get(key);
        if (found != null && found.context.isGone()) {
            kept.remove(key);
            bytes -= found.context.bytes();
            found.context.close();
            found = null;
        }
        if (found == null) {
            counters.miss();
            found = new Kept(read(passages));
            kept.put(key, found);
            holds(bytes + found.context.bytes());
        } else {
            counters.hit();
        }
        var using = new Using(found);
        evict();
        return using;
    }

    private void holds(long bytes) {
        this.bytes = bytes;
        counters.holds(bytes);
    }

    private Engine.Context read(List<Passage> passages) {
        if (passages.size() == 1) {
            try (Engine.Context nothing = engine.start()) {
                return read(nothing, passages.getLast());
            }
        }
        try (Use before = use(passages.subList(0, passages.size() - 1))) {
            return read(before.context(), passages.getLast());
        }
    }

    private Engine.Context read(Engine.Context before, Passage passage) {
        if (passage.picture().isEmpty()) {
            return engine.show(before, passage.words(), List.of());
        }
        ReferencePicture picture = passage.picture().get();
        Patches patches = input.preprocessor().patches(picture.rgb(), picture.widthPx(), picture.heightPx());
        try (Engine.PictureFeatures seen = engine.see(patches)) {
            int[] words = passage.words();
            int[] tokens = new int[seen.tokens() + words.length];
            Arrays.fill(tokens, 0, seen.tokens(), input.tokens().image());
            System.arraycopy(words, 0, tokens, seen.tokens(), words.length);
            return engine.show(before, tokens, List.of(seen));
        }
    }

    private void evict() {
        Iterator<Kept> oldest = kept.values().iterator();
        while (bytes > counters.mostBytes() && oldest.hasNext()) {
            Kept candidate = oldest.next();
            if (candidate.users == 0) {
                oldest.remove();
                holds(bytes - candidate.context.bytes());
                counters.evicted();
                candidate.context.close();
            }
        }
    }

    private static String key(List<Passage> passages) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (Passage passage : passages) {
                String picture = passage.picture().map(ReferencePicture::sha256).orElse("none");
                int[] words = passage.words();
                digest.update("%s %d ".formatted(picture, words.length).getBytes(StandardCharsets.US_ASCII));
                ByteBuffer ids = ByteBuffer.allocate(Integer.BYTES * words.length);
                ids.asIntBuffer().put(words);
                digest.update(ids);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void close() {
        kept.values().forEach(it -> it.context.close());
        kept.clear();
        holds(0);
    }

    private final class Using implements Use {

        private final Kept used;
        private boolean isOver;

        Using(Kept used) {
            this.used = used;
            used.users++;
        }

        @Override
        public Engine.Context context() {
            return used.context;
        }

        @Override
        public void close() {
            if (!isOver) {
                isOver = true;
                used.users--;
                evict();
            }
        }
    }
}
