package goshawk.appliance.evaluate;

import goshawk.appliance.domain.GoldenSet.LimitSamples;
import goshawk.appliance.evaluate.Judge.Looked;
import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.appliance.evaluate.KnownPart.Mark;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntConsumer;

/**
 * A golden set, judged: each part once, the parts of the repeatability study three times, and those with words on them.
 *
 * @param looked every part, as it was first shown
 * @param study the parts of the repeatability study
 * @param written parts that were shown with words on them and without
 */
record GoldenTest(List<Looked> looked, List<Repeated> study, List<Written> written) {

    private static final int STUDY_PARTS = 50;
    private static final int PRESENTATIONS = 3;

    /** @param calls one for each presentation */
    record Repeated(KnownPart known, boolean isLimitSample, List<Call> calls) {
        Repeated {
            calls = List.copyOf(calls);
        }

        boolean isFlipped() {
            return calls.stream().map(Call::isCaught).distinct().count() > 1;
        }
    }

    /** @param known with the words */
    record Written(KnownPart known, Call without, Call with) {}

    GoldenTest {
        looked = List.copyOf(looked);
        study = List.copyOf(study);
        written = List.copyOf(written);
    }

    /** How many looks {@link #run} takes at most. */
    static int looks(GoldenParts parts) {
        int count = parts.parts().size();
        return 2 * count + (PRESENTATIONS - 1) * Math.min(STUDY_PARTS, count);
    }

    /**
     * Looks at all parts, on the calling thread.
     *
     * @param progress told the number of looks so far
     */
    static GoldenTest run(GoldenParts parts, LimitSamples limits, Judge judge, IntConsumer progress) {
        return new Run(parts.parts(), limits, judge, progress).test();
    }

    /** One run: its parts and how far it is. */
    private static final class Run {

        private final List<GoldenPart> parts;
        private final LimitSamples limits;
        private final Judge judge;
        private final IntConsumer progress;
        private final List<Looked> looked = new ArrayList<>();
        private int looks;

        Run(List<GoldenPart> parts, LimitSamples limits, Judge judge, IntConsumer progress) {
            this.parts = parts;
            this.limits = limits;
            this.judge = judge;
            this.progress = progress;
        }

        GoldenTest test() {
            List<Written> written = new ArrayList<>();
            for (GoldenPart part : parts) {
                Looked plain = look(part.show(0));
                looked.add(plain);
                part.written().ifPresent(shown -> {
                    Looked words = look(shown);
                    if (!words.known().writing().isEmpty()) { // there was room for them
                        written.add(new Written(
                                words.known(),
                                plain.judged().call(),
                                words.judged().call()));
                    }
                });
            }
            Set<Integer> limitSamples = limitSamples();
            List<Repeated> study = new ArrayList<>();
            for (int index : studied(limitSamples)) {
                study.add(repeated(index, limitSamples.contains(index)));
            }
            return new GoldenTest(looked, study, written);
        }

        private Looked look(GoldenPart.Shown shown) {
            Looked one = judge.look(shown);
            progress.accept(++looks);
            return one;
        }

        private Repeated repeated(int index, boolean isLimitSample) {
            List<Call> calls = new ArrayList<>();
            calls.add(looked.get(index).judged().call());
            for (int presentation = 1; presentation < PRESENTATIONS; presentation++) {
                calls.add(look(parts.get(index).show(presentation)).judged().call());
            }
            return new Repeated(looked.get(index).known(), isLimitSample, calls);
        }

        /** Those that are named; of simulated parts the bad ones with the smallest marks of what they are labelled for. */
        private Set<Integer> limitSamples() {
            Set<Integer> samples = new LinkedHashSet<>();
            for (int i = 0; i < looked.size(); i++) {
                if (limits.files().contains(looked.get(i).known().file())) {
                    samples.add(i);
                }
            }
            Map<Integer, Integer> extents = new TreeMap<>();
            for (int i = 0; i < looked.size(); i++) {
                Optional<Mark> mark = looked.get(i).known().labelled();
                if (mark.isPresent()) {
                    extents.put(i, mark.get().extentPx());
                }
            }
            extents.entrySet().stream()
                    .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                    .limit(limits.count())
                    .forEach(entry -> samples.add(entry.getKey()));
            return samples;
        }

        /** The limit samples, then good and bad parts in turn. */
        private Set<Integer> studied(Set<Integer> limitSamples) {
            Set<Integer> studied = new LinkedHashSet<>();
            limitSamples.stream().limit(STUDY_PARTS).forEach(studied::add);
            long bad = studied.stream()
                    .filter(i -> !looked.get(i).known().isGood())
                    .count();
            long good = studied.size() - bad;
            for (boolean isGood : new boolean[] {true, false}) {
                long wanted = isGood ? STUDY_PARTS / 2 - good : Math.max(0, STUDY_PARTS / 2 - bad);
                for (int i = 0; i < looked.size() && wanted > 0; i++) {
                    if (looked.get(i).known().isGood() == isGood && studied.add(i)) {
                        wanted--;
                    }
                }
            }
            for (int i = 0; i < looked.size() && studied.size() < STUDY_PARTS; i++) {
                studied.add(i); // where there are too few of one sort
            }
            return studied;
        }
    }
}
