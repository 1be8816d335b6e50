package goshawk.appliance.inspect;

import goshawk.appliance.domain.ClipRecipe;
import goshawk.appliance.domain.Fitting;
import goshawk.appliance.engine.Engine;
import goshawk.camera.Clip;
import goshawk.trtbuild.ChatTemplate;
import goshawk.trtbuild.CheckpointException;
import goshawk.trtbuild.Film;
import goshawk.trtbuild.FilmPreprocessor;
import goshawk.trtbuild.Message;
import goshawk.trtbuild.VisionText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Asks a vision-language model when each part was fitted in a clip.
 *
 * <p>The clip is seen once and read once; all questions go on from there in one batch. The model is not asked for a time but for
 * its share of every time that the clip has, tenth by tenth, and of {@code null}: the time told is the middle (median) of these
 * shares, which errs least.
 *
 * <p>Belongs to the thread that opened it, and owns engine and input: closing it closes them.
 */
public final class ClipWatcher implements AutoCloseable {

    /** How the answer begins; a number or {@code null} follows. */
    static final String OPENING = "{\"at\":";

    private static final String NEVER = "null}";

    private final Engine engine;
    private final ModelInput input;
    private final FilmPreprocessor films;
    private final ClipRecipe recipe;
    private Form lastForm = new Form(List.of(), 0, 0);
    private List<Asked> lastAsked = List.of();

    private ClipWatcher(Engine engine, ModelInput input, FilmPreprocessor films, ClipRecipe recipe) {
        this.engine = engine;
        this.input = input;
        this.films = films;
        this.recipe = recipe;
    }

    /**
     * @param engine open on this thread; taken over, as {@code input}, also when this fails
     * @throws UnknownQuestionException when the checkpoint was not trained for one of the recipe's questions
     * @throws CheckpointException when the checkpoint takes no films
     */
    public static ClipWatcher open(Engine engine, ModelInput input, ClipRecipe recipe) {
        try {
            for (var part : recipe.parts()) {
                input.knownPrompts().check(recipe.id(), part.part(), part.question());
            }
            FilmPreprocessor films = input.films()
                    .orElseThrow(() -> new CheckpointException(
                            "checkpoint %s says nothing of films; it needs a video_preprocessor_config.json"
                                    .formatted(input.knownPrompts().name())));
            return new ClipWatcher(engine, input, films, recipe);
        } catch (RuntimeException e) {
            input.close();
            engine.close();
            throw e;
        }
    }

    /**
     * When each of the recipe's parts was fitted, in the recipe's order.
     *
     * @throws IllegalArgumentException when the clip's frames are not of the recipe's size
     */
    public List<Fitting> watch(Clip clip) {
        if (clip.width() != recipe.widthPx() || clip.height() != recipe.heightPx()) {
            throw new IllegalArgumentException(
                    "clip %s is %d×%d, recipe %s is for %d×%d; scale it, for example with FFmpeg"
                            .formatted(
                                    clip.name(),
                                    clip.width(),
                                    clip.height(),
                                    recipe.id(),
                                    recipe.widthPx(),
                                    recipe.heightPx()));
        }
        List<Double> seconds = IntStream.range(0, clip.frames().size())
                .mapToObj(k -> k / clip.framesPerSecond())
                .toList();
        Film film = films.film(clip.frames(), clip.width(), clip.height(), seconds);
        List<Asked> asked = asked(film, clip.seconds());
        try (Engine.PictureFeatures seen = engine.see(film.patches());
                Engine.Context nothing = engine.start();
                Engine.Context shown = engine.show(nothing, asked.getFirst().shown(), List.of(seen))) {
            List<int[]> all =
                    asked.stream().flatMap(one -> one.continuations().stream()).toList();
            var logits = TokenLogits.after(
                            engine,
                            shown,
                            all,
                            asked.stream().flatMapToInt(one -> one.shares().tokens()))
                    .iterator();
            List<Fitting> fittings = new ArrayList<>();
            for (Asked one : asked) {
                List<TokenLogits> own =
                        one.continuations().stream().map(_ -> logits.next()).toList();
                fittings.add(one.fitting(one.shares().of(own)));
            }
            return fittings;
        }
    }

    /**
     * One question as tokens.
     *
     * @param shown up to and with the clip's last step; the same for every question
     * @param question from there to the opening of the answer
     * @param tenths of a second of the times among the answers, which are all before the last one, {@code null}
     */
    private record Asked(String part, int[] shown, int[] question, AnswerShares shares, int tenths) {

        /** The question, and what may be said of an answer where answers part. */
        List<int[]> continuations() {
            return shares.places().stream()
                    .map(place -> joined(question, place))
                    .toList();
        }

        private static int[] joined(int[] first, int[] second) {
            int[] both = Arrays.copyOf(first, first.length + second.length);
            System.arraycopy(second, 0, both, first.length, second.length);
            return both;
        }

        Fitting fitting(double[] shares) {
            double never = shares[tenths];
            if (never > 0.5) {
                return new Fitting(part, OptionalDouble.empty(), Math.min(1, never));
            }
            double half = (1 - never) / 2;
            int at = 0;
            for (double sum = shares[0]; sum < half && at + 1 < tenths; sum += shares[at]) {
                at++;
            }
            return new Fitting(part, OptionalDouble.of(at / 10.0), Math.clamp(1 - never, 0, 1));
        }
    }

    /** The recipe's questions; clips of one length have the same, and they are worked out once. */
    private List<Asked> asked(Film film, double seconds) {
        var form = new Form(film.seconds(), film.tokensPerStep(), seconds);
        if (!form.equals(lastForm)) {
            lastAsked = recipe.parts().stream()
                    .map(part -> asked(part, film, seconds))
                    .toList();
            lastForm = form;
        }
        return lastAsked;
    }

    /** All that the questions' tokens depend on. */
    private record Form(List<Double> steps, int tokensPerStep, double seconds) {}

    private Asked asked(ClipRecipe.FittedPart part, Film film, double seconds) {
        String rendered = input.template()
                .render(
                        List.of(
                                Message.system(Conversation.SYSTEM),
                                Message.user(new Message.Film(), new Message.Text(part.question()))),
                        ChatTemplate.Answer.EXPECTED);
        String text = input.visionText()
                .writtenOut(
                        rendered + Conversation.thoughtClosed(rendered) + OPENING,
                        List.of(VisionText.Sight.OfFilm.of(film)));
        int[] tokens = input.tokenizer().encode(text);
        int end = tokens.length;
        while (end > 0 && tokens[end - 1] != input.tokens().visionEnd()) {
            end--;
        }
        int tenths = (int) Math.floor(seconds * 10 + 1e-6) + 1;
        List<int[]> answers = new ArrayList<>();
        for (int tenth = 0; tenth < tenths; tenth++) {
            answers.add(rest(tokens, text + String.format(Locale.ROOT, "%.1f}", tenth / 10.0)));
        }
        answers.add(rest(tokens, text + NEVER));
        return new Asked(
                part.part(),
                Arrays.copyOf(tokens, end),
                Arrays.copyOfRange(tokens, end, tokens.length),
                new AnswerShares(answers),
                tenths);
    }

    private int[] rest(int[] asked, String text) {
        int[] whole = input.tokenizer().encode(text);
        if (whole.length <= asked.length || !Arrays.equals(whole, 0, asked.length, asked, 0, asked.length)) {
            throw new CheckpointException(
                    "the tokenizer joins a time with the colon before it, so its times cannot be scored; use a Qwen3-VL tokenizer.json");
        }
        return Arrays.copyOfRange(whole, asked.length, whole.length);
    }

    /** Closes the engine too. Must be called by the thread that opened it. */
    @Override
    public void close() {
        try {
            input.close();
        } finally {
            engine.close();
        }
    }
}
