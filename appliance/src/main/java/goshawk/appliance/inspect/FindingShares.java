package goshawk.appliance.inspect;

import goshawk.appliance.engine.EngineException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * How sure the model was, behind a finding, that there is another one: of the tokens that the grammar allowed there, the
 * share of those that go on to the next finding among those that go on or close the list. Where it was in the middle of a
 * number, tokens that do neither count for neither, so that no vocabulary's way of cutting makes a finding weak.
 *
 * <p>Hears one answer. Belongs to the engine's thread.
 */
final class FindingShares implements AnswerWriter.Choices {

    private final VerdictGrammar grammar;
    private final IntFunction<byte[]> bytes;
    private final List<Double> further = new ArrayList<>();

    /** @param bytes of a token */
    FindingShares(VerdictGrammar grammar, IntFunction<byte[]> bytes) {
        this.grammar = grammar;
        this.bytes = bytes;
    }

    @Override
    public void chosen(long state, float[] logits, TokenMask allowed, int token) {
        int begun = grammar.findingsBegun(state);
        int now = begunWith(state, token);
        if (now <= Math.max(begun, 1)) {
            return; // no further one: the verdict's own share speaks of the first
        }
        double goesOn = 0;
        double closes = 0;
        for (int id : allowed.ids()) {
            if (id < logits.length) {
                int then = begunWith(state, id);
                double weight = Math.exp(logits[id] - logits[token]);
                goesOn += then > begun ? weight : 0;
                closes += then == VerdictGrammar.CLOSED ? weight : 0;
            }
        }
        if (!(goesOn >= 1 && closes >= 0)) { // also refuses NaN
            throw new EngineException("the model's logits behind a finding are no numbers");
        }
        while (further.size() < now - 1) {
            further.add(goesOn / (goesOn + closes));
        }
    }

    private int begunWith(long state, int token) {
        return grammar.findingsBegun(grammar.next(state, bytes.apply(token)));
    }

    /**
     * @param finding from 0, in the answer's order
     * @return in (0, 1]; 1 of the first, which the verdict brings with it
     */
    double of(int finding) {
        return finding == 0 ? 1 : further.get(finding - 1);
    }
}
