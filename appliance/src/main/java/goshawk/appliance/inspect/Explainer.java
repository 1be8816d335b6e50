package goshawk.appliance.inspect;

import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.engine.Engine;
import goshawk.trtbuild.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Has the model say what it saw where a score needs an explanation: only then a question gets keys and values of its own.
 *
 * <p>Belongs to the engine's thread.
 */
final class Explainer {

    private final Engine engine;
    private final AnswerWriter writer;
    private final Tokenizer tokenizer;

    Explainer(Engine engine, AnswerWriter writer, Tokenizer tokenizer) {
        this.engine = engine;
        this.writer = writer;
        this.tokenizer = tokenizer;
    }

    /**
     * A rejection, even if PASS was likelier, unless doubt outweighs a score that does not reject: that is about the whole
     * region and names no place. Further findings that score below the prompt's {@code findingsAt} are left out; the answer
     * still has them.
     *
     * @param inTime run before each step of the model; what it throws ends the answer
     * @return at least one, in the order in which the model named them
     */
    List<Finding> explain(Question.Asked asked, PromptScore score, Spot spot, Runnable inTime) {
        String id = score.prompt().id();
        if (!score.rejects() && score.doubt() > score.score()) {
            List<String> codes = score.prompt().defects();
            String code = codes.size() == 1 ? codes.getFirst() : id;
            return List.of(new Finding(
                    id, code, score.score(), spot.whole(), VerdictGrammar.OPENING + "REVIEW\"}", spot.view()));
        }
        VerdictGrammar grammar = asked.question().grammar();
        var shares = new FindingShares(grammar, tokenizer::bytes);
        String answer = answer(asked, grammar, inTime, shares);
        List<VerdictGrammar.Rejection> seen = grammar.rejectionsIn(answer);
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < seen.size(); i++) {
            double own = score.score() * shares.of(i);
            if (i == 0 || own >= score.prompt().findingsAt()) {
                findings.add(new Finding(id, seen.get(i).defect(), own, spot.of(seen.get(i)), answer, spot.view()));
            }
        }
        return List.copyOf(findings);
    }

    AnswerTimes times() {
        return writer.times();
    }

    /** Makes ready for the first explanation. */
    void rehearse(Question question) {
        writer.rehearse(question.grammar(), VerdictGrammar.OPENING);
    }

    private String answer(Question.Asked asked, Grammar grammar, Runnable inTime, AnswerWriter.Choices choices) {
        inTime.run();
        Engine.Step step = engine.read(asked.past(), asked.toVerdict(), List.of());
        try (Engine.Context own = step.context()) {
            return writer.write(own, step.logits(), grammar, VerdictGrammar.OPENING, Sampler.greedy(), inTime, choices);
        }
    }
}
