package goshawk.appliance.inspect;

import goshawk.trtbuild.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/** A model that writes one answer behind an opening, byte by byte as the vocabulary cuts it, and is so sure of each token. */
final class Scribe implements Function<int[], float[]> {

    private final Tokenizer tokenizer;
    private final byte[] opening;
    private final byte[] answer;
    private final double share;

    /** @param share of the right token among all that the grammar may allow: the others share the rest */
    Scribe(Tokenizer tokenizer, String opening, String answer, double share) {
        this.tokenizer = tokenizer;
        this.opening = Tokenizer.utf8(opening);
        this.answer = Tokenizer.utf8(answer);
        this.share = share;
    }

    @Override
    public float[] apply(int[] tokens) {
        float[] logits = new float[tokenizer.size()];
        Arrays.fill(logits, (float) Math.log((1 - share) / logits.length));
        int said = said(tokens);
        if (said < 0) {
            return logits;
        }
        int best = -1;
        for (int token = 0; token < logits.length; token++) {
            byte[] bytes = tokenizer.bytes(token);
            boolean fits = bytes.length > 0
                    && said + bytes.length <= answer.length
                    && Arrays.equals(bytes, 0, bytes.length, answer, said, said + bytes.length);
            if (fits && (best < 0 || bytes.length > tokenizer.bytes(best).length)) {
                best = token;
            }
        }
        if (best >= 0) {
            logits[best] = (float) Math.log(share);
        }
        return logits;
    }

    /** Bytes of the answer that stand behind the opening; -1 where it was not opened. */
    private int said(int[] tokens) {
        var bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            bytes.writeBytes(tokenizer.bytes(token));
        }
        String all = bytes.toString(StandardCharsets.ISO_8859_1);
        int at = all.lastIndexOf(new String(opening, StandardCharsets.ISO_8859_1));
        return at < 0 ? -1 : all.length() - at - opening.length;
    }
}
