package goshawk.appliance.api;

import goshawk.appliance.engine.Engine;
import goshawk.appliance.inspect.Grammar;
import goshawk.trtbuild.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One answer being written, step by step. A Thinking checkpoint's thought comes first and is kept apart; when it has
 * used its share of the tokens it is closed, so that an answer always follows. With a schema the answer is bound by its
 * grammar from its first byte.
 *
 * <p>Belongs to one thread, any; the engine may be a guest's.
 */
final class Generation {

    /** A thought takes at most this share of the answer's tokens. */
    private static final double THOUGHT = 0.75;

    private static final String AFTER_THOUGHT = "\n\n";

    private final Engine engine;
    private final Tokenizer tokenizer;
    private final TokenChoice choice;
    private final Options options;
    private final Listener listener;
    private final Runnable betweenSteps;

    private final HeldText thought = new HeldText(List.of(Prompt.THOUGHT_END));
    private final HeldText answer;
    private final StringBuilder reasoning = new StringBuilder();
    private final StringBuilder content = new StringBuilder();
    private final List<Reply.Token> tokens = new ArrayList<>();
    private int said;
    private int saidInThought;
    private Optional<Engine.Context> context = Optional.empty();
    private float[] logits = {};

    /** Hears of an answer as it is written, on the writing thread; what it throws ends the answer. */
    interface Listener {

        void reasoned(String more);

        /** @param tokens that were said since the last call, where their shares were asked for */
        void said(String more, List<Reply.Token> tokens);
    }

    /**
     * @param mostTokens to say, thought included; at least 1
     * @param likeliest tokens told beside each one, negative for no shares at all
     */
    record Options(int mostTokens, List<String> stop, int likeliest, Optional<Grammar> grammar) {}

    /** @param betweenSteps run before each step of the engine; what it throws ends the answer */
    Generation(
            Engine engine,
            Tokenizer tokenizer,
            TokenChoice choice,
            Options options,
            Listener listener,
            Runnable betweenSteps) {
        this.engine = engine;
        this.tokenizer = tokenizer;
        this.choice = choice;
        this.options = options;
        this.listener = listener;
        this.betweenSteps = betweenSteps;
        this.answer = new HeldText(options.stop());
    }

    Reply write(Prompt prompt) {
        try {
            read(prompt);
            if (prompt.thinks()) {
                think();
            }
            Reply.Finish finish = say();
            return new Reply(
                    content.toString(),
                    reasoning.toString().strip(),
                    finish,
                    new Reply.Usage(prompt.length(), said, saidInThought),
                    tokens);
        } finally {
            context.ifPresent(Engine.Context::close);
        }
    }

    private void read(Prompt prompt) {
        betweenSteps.run();
        context = Optional.of(engine.start());
        for (Prompt.Piece piece : prompt.pieces()) {
            switch (piece) {
                case Prompt.Piece.Text(var text) -> {
                    choice.hear(text);
                    read(text, List.of());
                }
                case Prompt.Piece.Picture(var patches, var _) -> {
                    betweenSteps.run();
                    try (Engine.PictureFeatures seen = engine.see(patches)) {
                        read(choice.pictureTokens(seen.tokens()), List.of(seen));
                    }
                }
            }
        }
    }

    private void read(int[] text, List<Engine.PictureFeatures> pictures) {
        betweenSteps.run();
        Engine.Step step = engine.read(context.orElseThrow(), text, pictures);
        context.ifPresent(Engine.Context::close);
        context = Optional.of(step.context());
        logits = step.logits();
    }

    private void think() {
        int most = (int) (options.mostTokens() * THOUGHT);
        while (said < most && !thought.isStopped()) {
            int token = choice.say(logits);
            if (choice.isEnd(token)) {
                break; // a thought that just ends is closed for it
            }
            said++;
            reasoned(thought.add(tokenizer.bytes(token)));
            read(new int[] {token}, List.of());
        }
        if (!thought.isStopped()) {
            reasoned(thought.end());
            read(tokenizer.encode("\n" + Prompt.THOUGHT_END), List.of());
        }
        saidInThought = said;
        read(tokenizer.encode(AFTER_THOUGHT), List.of());
    }

    private void reasoned(String more) {
        if (!more.isEmpty()) {
            reasoning.append(more);
            listener.reasoned(more);
        }
    }

    private Reply.Finish say() {
        List<Reply.Token> untold = new ArrayList<>();
        var bound = options.grammar().map(Bound::new);
        while (true) {
            if (said >= options.mostTokens()) {
                tell(answer.end(), untold);
                return Reply.Finish.LENGTH;
            }
            int token = bound.map(it -> it.say(logits)).orElseGet(() -> choice.say(logits));
            said++;
            if (choice.isEnd(token)) {
                tell(answer.end(), untold);
                return Reply.Finish.STOP;
            }
            if (options.likeliest() >= 0) {
                Reply.Token told = choice.told(token, logits, options.likeliest());
                tokens.add(told);
                untold.add(told);
            }
            tell(answer.add(tokenizer.bytes(token)), untold);
            if (answer.isStopped()) {
                return Reply.Finish.STOP;
            }
            if (bound.map(Bound::isWhole).orElse(false)) {
                tell(answer.end(), untold);
                return Reply.Finish.STOP;
            }
            if (said < options.mostTokens()) {
                read(new int[] {token}, List.of());
            }
        }
    }

    private void tell(String more, List<Reply.Token> untold) {
        if (!more.isEmpty() || !untold.isEmpty()) {
            content.append(more);
            listener.said(more, List.copyOf(untold));
            untold.clear();
        }
    }

    /** Where the answer is in its grammar. */
    private final class Bound {

        private final Grammar grammar;
        private long state;

        Bound(Grammar grammar) {
            this.grammar = grammar;
            this.state = grammar.start();
        }

        int say(float[] logits) {
            int token = choice.say(logits, grammar, state);
            state = choice.isEnd(token) ? state : grammar.next(state, tokenizer.bytes(token));
            return token;
        }

        boolean isWhole() {
            return grammar.isEnd(state);
        }
    }
}
