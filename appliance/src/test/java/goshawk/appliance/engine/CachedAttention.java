package goshawk.appliance.engine;

import goshawk.trtbuild.ModelConfig;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The operator of our own in plain Java and FP32, keys and values included: what kernels compute, short enough to be believed.
 * It touches no memory but that of tokens which are there.
 */
final class CachedAttention {

    private final ModelConfig.Text config;
    private final int layer;
    private final AttentionPlaces.Room past;
    private final AttentionPlaces.Room fresh;
    private final int pastTokens;
    private final int first;
    private final int tokens;

    /**
     * One layer's inputs: projected, {@code [rows, heads · size]}, of keys and values as many heads of these behind those; gains, {@code
     * [size]}; angles, {@code [rows, size / 2]}.
     */
    record Operands(float[] query, float[] keysAndValues, float[] qNorm, float[] kNorm, float[] cos, float[] sin) {}

    /** A token's keys and values. */
    private record Place(AttentionPlaces.Room room, int token) {}

    /** @param places as {@link AttentionPlaces#write} wrote them */
    CachedAttention(ModelConfig.Text config, MemorySegment places, int layer) {
        this.config = config;
        this.layer = layer;
        long[] told = places.toArray(ValueLayout.JAVA_LONG);
        if (told.length != 10 || told[0] != 0x676F736861776B31L) {
            throw new IllegalStateException("these are no places");
        }
        this.past = new AttentionPlaces.Room(told[1], told[2], told[3]);
        this.pastTokens = Math.toIntExact(told[4]);
        this.fresh = new AttentionPlaces.Room(told[5], told[6], told[7]);
        this.first = Math.toIntExact(told[8]);
        this.tokens = Math.toIntExact(told[9]);
    }

    /**
     * Appends keys and values, and attends.
     *
     * @param sees {@code [rows, words]} bits
     * @return {@code [rows, heads · size]}
     */
    float[] attended(Operands in, MemorySegment sees, int rows) {
        int size = config.headSize();
        for (int token = 0; token < tokens; token++) {
            for (int head = 0; head < config.kvHeads(); head++) {
                float[] value = head(in.keysAndValues, token, config.kvHeads() + head, 2 * config.kvHeads());
                write(
                        new Place(fresh, first + token),
                        head,
                        rotated(in.keysAndValues, in.kNorm, in, token, head, 2 * config.kvHeads()));
                write(new Place(fresh, first + token), config.kvHeads() + head, value);
            }
        }
        float[] all = new float[rows * config.heads() * size];
        for (int token = 0; token < tokens; token++) {
            List<Place> seen = seen(sees, token, rows);
            for (int head = 0; head < config.heads(); head++) {
                float[] query = rotated(in.query, in.qNorm, in, token, head, config.heads());
                float[] mixed = mixed(query, seen, head * config.kvHeads() / config.heads());
                System.arraycopy(mixed, 0, all, (token * config.heads() + head) * size, size);
            }
        }
        return all;
    }

    private List<Place> seen(MemorySegment sees, int token, int rows) {
        var seen = new ArrayList<Place>();
        for (int other = 0; other < pastTokens; other++) {
            seen.add(new Place(past, other));
        }
        int words = (rows + 31) / 32;
        for (int other = 0; other < 32 * words; other++) {
            int word = sees.getAtIndex(ValueLayout.JAVA_INT, (long) token * words + other / 32);
            if ((word >> other % 32 & 1) == 1) {
                seen.add(new Place(fresh, first + other));
            }
        }
        return seen;
    }

    private float[] mixed(float[] query, List<Place> seen, int head) {
        double[] shares = new double[seen.size()];
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < shares.length; i++) {
            float[] key = read(seen.get(i), head);
            for (int x = 0; x < key.length; x++) {
                shares[i] += query[x] * key[x] / Math.sqrt(key.length);
            }
            most = Math.max(most, shares[i]);
        }
        double sum = 0;
        for (int i = 0; i < shares.length; i++) {
            shares[i] = Math.exp(shares[i] - most);
            sum += shares[i];
        }
        double[] mixed = new double[query.length];
        for (int i = 0; i < shares.length; i++) {
            float[] value = read(seen.get(i), config.kvHeads() + head);
            for (int x = 0; x < mixed.length; x++) {
                mixed[x] += shares[i] / sum * value[x];
            }
        }
        float[] rounded = new float[mixed.length];
        for (int x = 0; x < mixed.length; x++) {
            rounded[x] = (float) mixed[x];
        }
        return rounded;
    }

    private float[] head(float[] all, int token, int head, int heads) {
        int size = config.headSize();
        float[] one = new float[size];
        System.arraycopy(all, (token * heads + head) * size, one, 0, size);
        return one;
    }

    /** Normalised, then rotated in halves. */
    private float[] rotated(float[] all, float[] gain, Operands in, int token, int head, int heads) {
        float[] x = head(all, token, head, heads);
        double squares = 0;
        for (float one : x) {
            squares += one * one;
        }
        double root = Math.sqrt(squares / x.length + config.normEpsilon());
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] / root * gain[i]);
        }
        int half = x.length / 2;
        float[] turned = new float[x.length];
        for (int i = 0; i < half; i++) {
            float cos = in.cos[token * half + i];
            float sin = in.sin[token * half + i];
            turned[i] = x[i] * cos - x[half + i] * sin;
            turned[half + i] = x[half + i] * cos + x[i] * sin;
        }
        return turned;
    }

    /** @param head keys' heads, then values' */
    private MemorySegment at(Place place, int head) {
        long bytes = (long) Float.BYTES * config.headSize();
        AttentionPlaces.Room room = place.room;
        long address = room.address() + layer * room.layerBytes() + head * room.headBytes() + place.token * bytes;
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    private float[] read(Place place, int head) {
        return at(place, head).toArray(ValueLayout.JAVA_FLOAT);
    }

    private void write(Place place, int head, float[] numbers) {
        at(place, head).copyFrom(MemorySegment.ofArray(numbers));
    }
}
