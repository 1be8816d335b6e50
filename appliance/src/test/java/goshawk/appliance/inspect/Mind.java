package goshawk.appliance.inspect;

import goshawk.trtbuild.Tokenizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A model that answers each question as told: with these shares for the verdicts, and this rejection when it has to name
 * one. Its shares are those of the texts, however the tokenizer cuts them.
 */
final class Mind implements Function<int[], float[]> {

    /** @param rejection from the code on: {@code scratch","box":[1,2,3,4]}]}} */
    record Opinion(double reject, double review, String rejection) {}

    private final Tokenizer tokenizer;
    private final Map<String, Opinion> opinions = new LinkedHashMap<>();
    private String thought = "";
    private double goingOn = 1;

    Mind(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    Mind on(String question, double reject, double review, String rejection) {
        opinions.put(question, new Opinion(reject, review, rejection));
        return this;
    }

    /** Before it answers, where it is let: this, word for word; it stops only where this says so. */
    Mind thinking(String text) {
        thought = text;
        return this;
    }

    /** Behind the first finding, where it has more of them: how sure it is of the next, above a half. */
    Mind goingOn(double share) {
        goingOn = share;
        return this;
    }

    @Override
    public float[] apply(int[] tokens) {
        String conversation = tokenizer.decode(tokens);
        float[] logits = new float[tokenizer.size() + 7]; // a model may have more rows than words
        Arrays.fill(logits, -50);
        int opening = conversation.lastIndexOf(VerdictGrammar.OPENING);
        if (opening < 0) {
            int thinks = conversation.lastIndexOf("<think>\n");
            return thinks < 0 ? logits : thinking(logits, conversation.substring(thinks + "<think>\n".length()));
        }
        Opinion opinion = opinions.entrySet().stream()
                .filter(it -> conversation.contains(it.getKey()))
                .findFirst()
                .orElseThrow()
                .getValue();
        String said = conversation.substring(opening + VerdictGrammar.OPENING.length());
        Map<String, Double> texts = new LinkedHashMap<>();
        texts.put("PASS\"}", 1 - opinion.reject() - opinion.review());
        texts.put("REVIEW\"}", opinion.review());
        String rejection = "REJECT\",\"findings\":[{\"defect\":\"" + opinion.rejection();
        int more = rejection.indexOf("},{");
        texts.put(rejection, more < 0 ? opinion.reject() : opinion.reject() * goingOn);
        if (more >= 0) {
            texts.put(rejection.substring(0, more) + "}]}", opinion.reject() * (1 - goingOn));
        }
        for (int token = 0; token < tokenizer.size(); token++) {
            String longer = said + tokenizer.decode(token);
            boolean isText = tokenizer.bytes(token).length > 0;
            double share = texts.entrySet().stream()
                    .filter(it -> isText && it.getKey().startsWith(longer))
                    .mapToDouble(Map.Entry::getValue)
                    .sum();
            // Of tokens that begin alike the longer one, a little: as the tokenizer would cut it.
            logits[token] = share > 0 ? (float) Math.log(share) : -50;
            if (share > 0 && !said.isEmpty()) {
                logits[token] += longer.length() * 1e-3f;
            }
        }
        return logits;
    }

    /** The longest token that goes on as the thought does. */
    private float[] thinking(float[] logits, String said) {
        for (int token = 0; token < tokenizer.size(); token++) {
            String longer = said + tokenizer.decode(token);
            if (longer.length() > said.length() && thought.startsWith(longer)) {
                logits[token] = longer.length() - said.length();
            }
        }
        return logits;
    }
}
