package goshawk.appliance.engine;

import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.RotaryTable;
import goshawk.trtbuild.TextPositions;
import goshawk.trtbuild.VisionTables;
import java.nio.IntBuffer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What an engine works out, and refuses, before it computes anything, whichever runtime computes. For the engine's thread.
 */
final class Preflight {

    private static final int RECENT = 8;

    private final ModelConfig config;
    private final RotaryTable angles;
    private final Map<List<IntBuffer>, Angles> recent = new LinkedHashMap<>(RECENT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<List<IntBuffer>, Angles> eldest) {
            return size() > RECENT;
        }
    };
    private Tables last = new Tables(0, 0, 0, new VisionTables(new long[0], new float[0], new float[0], new float[0]));

    private record Tables(int frames, int rows, int columns, VisionTables tables) {}

    Preflight(ModelConfig config) {
        this.config = config;
        this.angles = new RotaryTable(config.text());
    }

    /** @throws EngineException if the numbers are not those of so many patches */
    void requireWhole(long numbers, long patches) {
        if (numbers != patches * config.vision().patchSize()) {
            throw new EngineException("see: %d numbers for %d patches of %d"
                    .formatted(numbers, patches, config.vision().patchSize()));
        }
    }

    /** What does not fit is told before a native call fails over it. */
    static EngineException noRoom(long patches, long needed, long free) {
        return new EngineException("see: %,d patches need about %s of memory, %s are free; show a smaller picture"
                .formatted(patches, MemoryNeed.words(needed), MemoryNeed.words(free)));
    }

    /** Of patches in merge order; those of the last grid are kept, for a station's pictures are alike. */
    VisionTables tables(int frames, int rows, int columns) {
        if (last.frames() != frames || last.rows() != rows || last.columns() != columns) {
            try {
                last = new Tables(frames, rows, columns, VisionTables.of(config.vision(), frames, rows, columns));
            } catch (IllegalArgumentException e) {
                throw new EngineException("see: " + e.getMessage(), e);
            }
        }
        return last.tables();
    }

    /** The places of what was seen of a grid of patches, one a frame. */
    List<TextPositions.Frame> places(int frames, int rows, int columns) {
        int merge = config.vision().merge();
        return Collections.nCopies(frames, new TextPositions.Frame(rows / merge, columns / merge));
    }

    /** @param places of all pictures among the tokens, in their order */
    TextPositions positions(int[] tokens, int start, List<TextPositions.Frame> places) {
        if (tokens.length == 0) {
            throw new EngineException("read: no token was given");
        }
        try {
            return TextPositions.of(tokens, start, config.tokens(), places);
        } catch (IllegalArgumentException e) {
            throw new EngineException("read: " + e.getMessage(), e);
        }
    }

    /** Of continuations, in which no picture may be. */
    TextPositions positions(ContinuationTree tree, int start) {
        for (int token : tree.tokens()) {
            if (config.tokens().isPicture(token)) {
                throw new EngineException("ask: token %d stands for a picture; read it first".formatted(token));
            }
        }
        return TextPositions.ofText(tree.depths(), start);
    }

    /**
     * How far the heads of tokens are turned. Not to be changed.
     *
     * @param cos {@code [tokens, head size / 2]}
     * @param sin likewise
     */
    record Angles(float[] cos, float[] sin) {}

    /** Those of parts are kept, for a station's parts are alike; a single token's are worked out sooner than found. */
    Angles angles(TextPositions positions) {
        if (positions.time().length == 1) {
            return turned(positions);
        }
        List<IntBuffer> places = Stream.of(positions.time(), positions.height(), positions.width())
                .map(IntBuffer::wrap)
                .toList();
        return recent.computeIfAbsent(places, _ -> turned(positions));
    }

    private Angles turned(TextPositions positions) {
        return new Angles(angles.cos(positions), angles.sin(positions));
    }

    /** @throws EngineException naming {@code call}, for a token that is not of the vocabulary */
    void requireKnown(String call, int[] tokens) {
        int vocabulary = config.text().vocabulary();
        for (int token : tokens) {
            if (token < 0 || token >= vocabulary) {
                throw new EngineException("%s: token %d, the vocabulary has %d".formatted(call, token, vocabulary));
            }
        }
    }
}
