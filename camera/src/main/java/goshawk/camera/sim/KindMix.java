package goshawk.camera.sim;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How many parts of each kind. Parts come in blocks of {@link #block()} in random order; every full block has exactly these counts.
 *
 * @param counts at least one above 0
 */
public record KindMix(Map<PartKind, Integer> counts) {

    /** Half good, the rest evenly among the defects. */
    public static final KindMix USUAL = usual();

    public KindMix {
        counts = Map.copyOf(counts);
        if (counts.values().stream().anyMatch(count -> count < 0)
                || counts.values().stream().mapToLong(Integer::intValue).sum() < 1) {
            throw new IllegalArgumentException("counts must be 0 or more and not all 0: " + counts);
        }
    }

    private static KindMix usual() {
        Map<PartKind, Integer> counts = new EnumMap<>(PartKind.class);
        for (PartKind kind : PartKind.values()) {
            counts.put(kind, kind == PartKind.GOOD ? PartKind.values().length - 1 : 1);
        }
        return new KindMix(counts);
    }

    /**
     * Reads {@code good=1000,missing_bolt=1000}.
     *
     * @throws IllegalArgumentException naming what cannot be read
     */
    public static KindMix parse(String text) {
        Map<PartKind, Integer> counts = new EnumMap<>(PartKind.class);
        for (String entry : text.split(",", -1)) {
            int equals = entry.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("want KIND=COUNT, got '%s'".formatted(entry));
            }
            PartKind kind = PartKind.of(entry.substring(0, equals).strip());
            String number = entry.substring(equals + 1).strip();
            if (!number.matches("\\d{1,7}")) {
                throw new IllegalArgumentException("want a count of %s, got '%s'".formatted(kind.code(), number));
            }
            if (counts.put(kind, Integer.parseInt(number)) != null) {
                throw new IllegalArgumentException("%s is named twice".formatted(kind.code()));
            }
        }
        return new KindMix(counts);
    }

    /** Number of parts after which the counts are met. */
    public int block() {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    PartKind kindOf(long seed, long index) {
        List<PartKind> block = new ArrayList<>(block());
        for (PartKind kind : PartKind.values()) {
            for (int i = counts.getOrDefault(kind, 0); i > 0; i--) {
                block.add(kind);
            }
        }
        var dice = new Dice(seed, Math.floorDiv(index, block.size()), "mix");
        int position = (int) Math.floorMod(index, (long) block.size());
        for (int i = 0; i <= position; i++) {
            int other = dice.from(i, block.size() - 1);
            PartKind drawn = block.get(other);
            block.set(other, block.get(i));
            block.set(i, drawn);
        }
        return block.get(position);
    }
}
