package goshawk.appliance.inspect;

import goshawk.trtbuild.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which tokens of a vocabulary a grammar lets follow, by its state. What was worked out once is kept, for all parts and
 * {@value #MOST_GRAMMARS} grammars, up to {@value #MOST_BYTES} bytes: the grammar that was not asked for longest goes first,
 * and of its masks those that were not.
 *
 * <p>A token is allowed when all its bytes are; it may hold half a character, or a quote and what follows it. Special
 * tokens have no bytes and are never allowed, but for the end tokens, where the text may end.
 *
 * <p>Most words of a vocabulary are plain: whole characters that JSON writes as they are. Within a string, they are
 * allowed by their count of characters alone, and only the others are walked through.
 *
 * <p>Belongs to one thread.
 */
public final class TokenMasks {

    private static final long MOST_BYTES = 32L << 20;
    /** A grammar itself may be large: those of requests long past are not held here. */
    private static final int MOST_GRAMMARS = 64;

    private final int words;
    private final int[] endTokens;
    private final TokenTree others;
    private final TokenTree plain;
    /** By n: bits of the plain tokens of at most n characters. */
    private final List<long[]> plainUpTo = new ArrayList<>();

    private final Map<Grammar, Map<Long, TokenMask>> kept = inOrderOfUse();
    private long keptBytes;

    /** @param endTokens what the model says at the end; none when the text must go on as long as it can */
    public TokenMasks(Tokenizer tokenizer, int... endTokens) {
        this(IntStream.range(0, tokenizer.size()).mapToObj(tokenizer::bytes).toArray(byte[][]::new), endTokens);
    }

    TokenMasks(byte[][] bytes, int... endTokens) {
        this.endTokens = endTokens.clone();
        int[] characters = IntStream.range(0, bytes.length)
                .map(id -> plainCharacters(bytes[id]))
                .toArray();
        int largest = IntStream.concat(IntStream.of(bytes.length - 1), IntStream.of(endTokens))
                .max()
                .orElse(0);
        words = largest / 64 + 1;
        plain = new TokenTree(bytes, ids(characters, 1, Integer.MAX_VALUE));
        others = new TokenTree(
                bytes,
                IntStream.of(ids(characters, 0, 0))
                        .filter(id -> bytes[id].length > 0)
                        .toArray());
        int most = IntStream.of(characters).max().orElse(0);
        for (int n = 0; n <= most; n++) {
            long[] bits = n == 0 ? new long[words] : plainUpTo.getLast().clone();
            for (int id : n == 0 ? new int[0] : ids(characters, n, n)) {
                bits[id / 64] |= 1L << (id % 64);
            }
            plainUpTo.add(bits);
        }
    }

    private static int[] ids(int[] characters, int least, int most) {
        return IntStream.range(0, characters.length)
                .filter(id -> characters[id] >= least && characters[id] <= most)
                .toArray();
    }

    /** How many characters these bytes are, if they are whole ones that need no escape; else 0. */
    private static int plainCharacters(byte[] bytes) {
        for (byte value : bytes) {
            if ((value >= 0 && value < ' ') || value == '"' || value == '\\') {
                return 0;
            }
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.codePointCount(0, text.length());
        } catch (CharacterCodingException e) {
            return 0; // part of a character
        }
    }

    /** @param state of {@code grammar}, not its end */
    public TokenMask of(Grammar grammar, long state) {
        Map<Long, TokenMask> own = kept.computeIfAbsent(grammar, _ -> inOrderOfUse());
        TokenMask known = own.get(state);
        if (known != null) {
            return known;
        }
        TokenMask mask = workedOut(grammar, state);
        own.put(state, mask);
        keptBytes += mask.size();
        while (keptBytes > MOST_BYTES || kept.size() > MOST_GRAMMARS) {
            forgetOldest();
        }
        return mask;
    }

    private static <K, V> Map<K, V> inOrderOfUse() {
        return new LinkedHashMap<>(16, 0.75f, true);
    }

    /** A mask, and its grammar with the last one. */
    private void forgetOldest() {
        var grammars = kept.values().iterator();
        Map<Long, TokenMask> masks = grammars.next();
        var oldest = masks.values().iterator();
        if (oldest.hasNext()) {
            keptBytes -= oldest.next().size();
            oldest.remove();
        }
        if (masks.isEmpty()) {
            grammars.remove();
        }
    }

    /** Lets go of a grammar that is not needed any more, and of its masks. */
    public void forget(Grammar grammar) {
        Map<Long, TokenMask> masks = kept.remove(grammar);
        if (masks != null) {
            masks.values().forEach(mask -> keptBytes -= mask.size());
        }
    }

    /** Of all masks. */
    long keptBytes() {
        return keptBytes;
    }

    int keptGrammars() {
        return kept.size();
    }

    private TokenMask workedOut(Grammar grammar, long state) {
        int free = grammar.freeCharacters(state);
        long[] bits = plainUpTo.get(Math.min(free, plainUpTo.size() - 1)).clone();
        if (free == 0) {
            plain.allow(grammar, state, bits);
        }
        others.allow(grammar, state, bits);
        if (grammar.mayEnd(state)) {
            for (int token : endTokens) {
                bits[token / 64] |= 1L << (token % 64);
            }
        }
        return TokenMask.ofBits(bits);
    }
}
