package goshawk.appliance.remote;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DefectPrompt;
import goshawk.appliance.domain.Finding;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.PromptScore;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Seams;
import goshawk.appliance.domain.View;
import goshawk.appliance.inspect.RegionCut;
import goshawk.camera.Frame;
import goshawk.camera.PictureFile;
import goshawk.camera.Region;
import goshawk.camera.Views;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one server a recipe's questions about a part, each on a virtual thread, a few at a time. What was not answered at
 * the end of the wait is given up. Safe for any thread; close it to hang up.
 */
final class RemoteQuestions implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RemoteQuestions.class);
    private static final int MOST_FAILURES = 3;
    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final RemoteServer server;
    private final Recipe recipe;
    private final ChatClient client;
    private final CircuitBreaker breaker;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("remote-", 0).factory());
    private final Semaphore places;

    /** One question about one region. */
    private record Question(DefectPrompt prompt, String region, Supplier<byte[]> png) {}

    /** Everything that was said. */
    record Answers(List<PromptScore> scores, List<Finding> findings) {}

    RemoteQuestions(RemoteServer server, Recipe recipe) {
        this(server, recipe, new CircuitBreaker(MOST_FAILURES, SHORTEST_PAUSE, LONGEST_PAUSE, System::nanoTime));
    }

    RemoteQuestions(RemoteServer server, Recipe recipe, CircuitBreaker breaker) {
        this.server = server;
        this.recipe = recipe;
        this.client = new ChatClient(server);
        this.breaker = breaker;
        this.places = new Semaphore(server.atOnce());
    }

    RemoteServer server() {
        return server;
    }

    CircuitBreaker.Counters counters() {
        return breaker.counters();
    }

    /**
     * Takes what it needs from the pictures and begins to ask; returns at once.
     *
     * @param views free again when this returns
     * @param asked which of the recipe's questions, by prompt and region
     * @param limit from now to the end of {@link Asking#await}
     * @return to be awaited, or abandoned; empty when there is no use in asking
     * @throws goshawk.appliance.domain.InspectionException when a region is not in the picture
     */
    Optional<Asking> ask(Views views, Poses poses, BiPredicate<DefectPrompt, String> asked, Duration limit) {
        List<Question> questions = questions(views, poses, asked);
        return breaker.mayAsk() ? Optional.of(new Asking(questions, poses, limit)) : Optional.empty();
    }

    /** The server's time, or what the part has left, less {@code reserve} for what comes after the answer. */
    Duration within(Deadline deadline, Duration reserve) {
        Duration left = Duration.ofNanos(deadline.nanosLeft()).minus(reserve);
        Duration most = server.timeout();
        return left.isNegative() ? Duration.ZERO : left.compareTo(most) < 0 ? left : most;
    }

    private List<Question> questions(Views views, Poses poses, BiPredicate<DefectPrompt, String> asked) {
        Map<String, Supplier<byte[]>> pictures = new HashMap<>();
        List<Question> questions = new ArrayList<>();
        for (DefectPrompt prompt : recipe.prompts()) {
            for (String region : prompt.regions()) {
                if (asked.test(prompt, region)) {
                    questions.add(new Question(
                            prompt, region, pictures.computeIfAbsent(region, name -> png(views, name, poses))));
                }
            }
        }
        return questions;
    }

    /** Cut now, packed by whoever needs it first. */
    private Supplier<byte[]> png(Views views, String name, Poses poses) {
        Region region = recipe.region(name);
        String view = recipe.viewOf(name).name();
        byte[] rgb = RegionCut.of(views.frame(view), name, region, poses.in(view));
        return new Supplier<>() {
            private byte[] packed = {};

            @Override
            public synchronized byte[] get() {
                if (packed.length == 0) {
                    try (Frame cut = Frame.of(region.width(), region.height(), rgb)) {
                        packed = PictureFile.png(cut, false);
                    }
                }
                return packed;
            }
        };
    }

    /** Questions that are on their way. Belongs to the thread that asked. */
    final class Asking {

        private final Poses poses;
        private final List<Question> questions;
        private final List<Future<SaidVerdict>> answers = new ArrayList<>();
        private final long startedAt = System.nanoTime();
        private final long until;

        private Asking(List<Question> questions, Poses poses, Duration limit) {
            this.questions = questions;
            this.poses = poses;
            this.until = startedAt + limit.toNanos();
            for (Question question : questions) {
                answers.add(threads.submit(() -> answer(question)));
            }
        }

        private SaidVerdict answer(Question question) throws InterruptedException {
            if (!places.tryAcquire(left().toNanos(), TimeUnit.NANOSECONDS)) {
                throw RemoteException.late("no place to ask was free in time", new TimeoutException());
            }
            try {
                return SaidVerdict.of(
                        client.ask(question.png().get(), question.prompt(), left()),
                        question.prompt().defects());
            } finally {
                places.release();
            }
        }

        /** At least a moment: a limit of nothing is no limit to an HTTP client. */
        private Duration left() {
            return Duration.ofNanos(Math.max(1_000_000, until - System.nanoTime()));
        }

        Duration took() {
            return Duration.ofNanos(System.nanoTime() - startedAt);
        }

        /**
         * Waits for all answers, no longer than the limit.
         *
         * @throws RemoteException when one of them did not come
         */
        Answers await() {
            try {
                List<PromptScore> scores = new ArrayList<>();
                List<Seams.Sighting> sightings = new ArrayList<>();
                for (int i = 0; i < questions.size(); i++) {
                    add(questions.get(i), answer(answers.get(i)), scores, sightings);
                }
                breaker.succeeded();
                return new Answers(scores, Seams.joined(sightings));
            } catch (RemoteException e) {
                hangUp();
                breaker.failed();
                log.debug("{}: {}", breaker.counters(), e.getMessage());
                throw e;
            }
        }

        /** Nobody wants the answers any more, and the server is not to blame. */
        void abandon() {
            hangUp();
            breaker.abandoned();
        }

        private void hangUp() {
            answers.forEach(answer -> answer.cancel(true));
        }

        private SaidVerdict answer(Future<SaidVerdict> answer) {
            try {
                return answer.get(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                throw RemoteException.late(
                        "%s did not answer within %d ms"
                                .formatted(
                                        server,
                                        Duration.ofNanos(until - startedAt).toMillis()),
                        e);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RemoteException ours
                        ? ours
                        : RemoteException.failed("%s cannot be asked: %s".formatted(server, e.getCause()), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw RemoteException.late("the line was stopped", e);
            }
        }

        private void add(
                Question question, SaidVerdict said, List<PromptScore> scores, List<Seams.Sighting> sightings) {
            var score = new PromptScore(question.prompt(), question.region(), said.score(), said.doubt());
            scores.add(score);
            if (!score.needsExplanation()) {
                return;
            }
            String id = question.prompt().id();
            Region region = recipe.region(question.region());
            View view = recipe.viewOf(question.region());
            if (said.boxes().isEmpty()) {
                List<String> codes = question.prompt().defects();
                String code = codes.size() == 1 ? codes.getFirst() : id;
                sightings.add(seen(
                        question, new Finding(id, code, said.score(), actual(region, view), said.text(), view.name())));
            }
            for (SaidVerdict.Box box : said.boxes()) {
                sightings.add(seen(
                        question,
                        new Finding(
                                id,
                                box.defect(),
                                said.score(),
                                actual(within(region, box), view),
                                said.text(),
                                view.name())));
            }
        }

        private Seams.Sighting seen(Question question, Finding finding) {
            Region whole = actual(recipe.region(question.region()), recipe.viewOf(question.region()));
            return new Seams.Sighting(question.region(), whole, finding);
        }

        private Region actual(Region nominal, View view) {
            return poses.in(view.name()).toActual(nominal, view.widthPx(), view.heightPx());
        }

        private static Region within(Region region, SaidVerdict.Box box) {
            return new Region(
                    region.left() + box.x0() * region.width() / SaidVerdict.LARGEST,
                    region.top() + box.y0() * region.height() / SaidVerdict.LARGEST,
                    region.left() + Math.ceilDiv(box.x1() * region.width(), SaidVerdict.LARGEST),
                    region.top() + Math.ceilDiv(box.y1() * region.height(), SaidVerdict.LARGEST));
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        client.close();
    }
}
