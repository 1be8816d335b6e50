package goshawk.appliance.evaluate;

import goshawk.appliance.domain.Deadline;
import goshawk.appliance.domain.DecisionPolicy;
import goshawk.appliance.domain.Inspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.Inspector;
import goshawk.appliance.engine.EnginePair;
import goshawk.appliance.engine.EnginePair.Distance;
import goshawk.camera.CameraException;
import goshawk.camera.Cause;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import goshawk.trtbuild.EngineVerification.Figures;
import goshawk.trtbuild.EngineVerification.Logits;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Pictures that two engines of one checkpoint judged: together, where the candidate reads what the reference answers, and the
 * candidate by itself, whose verdict is its own.
 *
 * @param leftOut pictures that could not be judged, whatever the engine, each with the reason
 * @param picturesHash SHA-256 in hexadecimal, over names, sizes and pixels of all that could be read
 */
public record EngineTest(List<Compared> compared, List<String> leftOut, String picturesHash) {

    /** No part waits at a gate here: an answer is never late, and a thought has all its tokens. */
    private static final Duration NO_HURRY = Duration.ofDays(1);

    public EngineTest {
        compared = List.copyOf(compared);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * One picture.
     *
     * @param reference what the pair came to, which is the reference's verdict unless an engine failed
     * @param candidate what the candidate came to by itself
     */
    public record Compared(String name, EnginePair.Heard heard, Said reference, Said candidate) {

        /** An engine that failed agrees with nobody. */
        boolean isAgreed() {
            return reference.verdict().equals(candidate.verdict())
                    && reference.detail().isEmpty();
        }

        double worstError() {
            return Stream.concat(heard.scored().stream(), heard.read().stream())
                    .mapToDouble(Distance::relativeError)
                    .max()
                    .orElse(0);
        }

        String verdicts() {
            return "%s: %s, the candidate %s".formatted(name, reference.words(), candidate.words());
        }
    }

    /**
     * A verdict.
     *
     * @param detail why it was not inspected; empty when it was
     */
    public record Said(String verdict, String detail) {

        String words() {
            return detail.isEmpty() ? verdict : "%s (%s)".formatted(verdict, detail);
        }
    }

    /**
     * Judges all pictures on the calling thread, which opened the engines.
     *
     * @param pair what {@code together} asks
     * @param together looks with the pair
     * @param alone looks with the candidate
     * @param progress told the number of pictures so far
     */
    public static EngineTest run(
            List<Supplier<ShownPicture>> pictures,
            EnginePair pair,
            Inspector together,
            Inspector alone,
            IntConsumer progress) {
        var digest = sha256();
        List<Compared> compared = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        int done = 0;
        for (Supplier<ShownPicture> wanted : pictures) {
            try (ShownPicture picture = wanted.get()) {
                add(digest, picture);
                pair.heard(); // what was said before is no part of this picture
                Inspection both = look(together, picture.views());
                if (both instanceof Inspection.Failed(var cause, var detail) && cause != Cause.ENGINE) {
                    leftOut.add("%s, %s: %s".formatted(picture.name(), cause, detail));
                } else {
                    Said own = said(look(alone, picture.views()));
                    compared.add(new Compared(picture.name(), pair.heard(), said(both), own));
                }
            } catch (CameraException e) {
                leftOut.add("%s: %s".formatted(Cause.UNREADABLE, e.getMessage()));
            }
            progress.accept(++done);
        }
        return new EngineTest(compared, leftOut, HexFormat.of().formatHex(digest.digest()));
    }

    private static Inspection look(Inspector inspector, Views views) {
        try {
            return inspector.inspect(views, Deadline.of(System.nanoTime(), NO_HURRY, System::nanoTime));
        } catch (InspectionException e) {
            return new Inspection.Failed(e.reason(), String.valueOf(e.getMessage()));
        }
    }

    private static Said said(Inspection inspection) {
        String verdict = new DecisionPolicy().decide(inspection).code();
        return new Said(verdict, inspection instanceof Inspection.Failed(var _, var detail) ? detail : "");
    }

    private static void add(MessageDigest digest, ShownPicture picture) {
        for (Frame frame : picture.views().byName().values()) {
            digest.update("%d %s %d×%d\n"
                    .formatted(picture.name().length(), picture.name(), frame.width(), frame.height())
                    .getBytes(StandardCharsets.UTF_8));
            digest.update(frame.rgb());
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** @throws EvaluationException when no picture was compared */
    public Figures figures() {
        Compared worst = compared.stream()
                .max(Comparator.comparingDouble(Compared::worstError))
                .orElseThrow(() -> new EvaluationException(
                        "not one picture could be judged (%s); name pictures of parts that the recipe knows"
                                .formatted(leftOut.isEmpty() ? "there was none" : leftOut.getFirst())));
        List<Compared> others = compared.stream().filter(it -> !it.isAgreed()).toList();
        return new Figures(
                compared.size(),
                logits(EnginePair.Heard::scored),
                logits(EnginePair.Heard::read),
                compared.size() - others.size(),
                worst.name(),
                others.stream().map(Compared::verdicts).toList());
    }

    private Logits logits(Function<EnginePair.Heard, List<Distance>> which) {
        List<Distance> steps = compared.stream()
                .flatMap(it -> which.apply(it.heard()).stream())
                .toList();
        return new Logits(
                steps.size(),
                steps.stream().mapToDouble(Distance::relativeError).average().orElse(0),
                steps.stream().mapToDouble(Distance::relativeError).max().orElse(0),
                (int) steps.stream().filter(Distance::isSameTop).count());
    }
}
