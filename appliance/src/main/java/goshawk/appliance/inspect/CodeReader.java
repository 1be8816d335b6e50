package goshawk.appliance.inspect;

import goshawk.appliance.domain.CodePrompt;
import goshawk.appliance.domain.Reading;
import goshawk.appliance.engine.Engine;
import goshawk.appliance.engine.EngineException;
import java.util.List;

/**
 * Has the model read the codes of a region, from the picture that its other questions are about.
 *
 * <p>The answer's form does not know what is expected: a model that may only write the right text would never be caught
 * reading a wrong one.
 *
 * <p>Belongs to the engine's thread.
 */
final class CodeReader {

    private final Engine engine;
    private final AnswerWriter writer;

    CodeReader(Engine engine, AnswerWriter writer) {
        this.engine = engine;
        this.writer = writer;
    }

    /**
     * One code.
     *
     * @param toText tokens from behind the picture to where the text begins
     */
    record Question(CodePrompt prompt, int[] toText, CodeGrammar grammar) {

        static Question of(ModelInput input, CodePrompt prompt, Conversation.Shown shown) {
            return new Question(
                    prompt,
                    Conversation.toAnswer(input, prompt.question(), shown, CodeGrammar.OPENING),
                    new CodeGrammar(prompt.form()));
        }
    }

    /**
     * @param shown the region's picture, and what stands before it
     * @param inTime run before each step of the model; what it throws ends the reading
     */
    Reading read(Question question, Engine.Context shown, Spot spot, Runnable inTime) {
        inTime.run();
        Engine.Step step = engine.read(shown, question.toText(), List.of());
        var share = new Share();
        try (Engine.Context own = step.context()) {
            String answer = writer.write(
                    own, step.logits(), question.grammar(), CodeGrammar.OPENING, Sampler.greedy(), inTime, share);
            return Reading.of(question.prompt(), CodeGrammar.textIn(answer), share.product, spot.whole(), spot.view());
        }
    }

    /** Makes ready for the first reading. */
    void rehearse(Question question) {
        writer.rehearse(question.grammar(), CodeGrammar.OPENING);
    }

    /** The product of the chosen tokens' shares among those that were allowed. */
    private static final class Share implements AnswerWriter.Choices {

        private double product = 1;

        @Override
        public void chosen(long state, float[] logits, TokenMask allowed, int token) {
            double sum = 0;
            for (int id : allowed.ids()) {
                if (id < logits.length) {
                    sum += Math.exp(logits[id] - logits[token]);
                }
            }
            if (!(sum >= 1)) {
                throw new EngineException("the model's logits of a code's characters are no numbers");
            }
            product /= sum;
        }
    }
}
