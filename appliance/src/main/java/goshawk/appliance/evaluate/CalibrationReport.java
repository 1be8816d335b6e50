package goshawk.appliance.evaluate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.evaluate.CalibrationStudy.OfPrompt;
import java.util.Locale;

/** A {@link CalibrationStudy} for people and for programs. */
public final class CalibrationReport {

    private CalibrationReport() {}

    /** The reliability diagram. */
    public static String svg(CalibrationStudy study, String title) {
        return ReliabilityPlot.svg(study, title);
    }

    /** Tables for a terminal, with the lines to put into the recipe. */
    public static String text(CalibrationStudy study) {
        var text = new StringBuilder(curves(study).text());
        text.append(String.format(
                Locale.ROOT,
                "Expected calibration error of all, on parts held out: %.4f → %.4f (Brier %.4f → %.4f, %d examples)%n%n",
                study.before().expectedError(),
                study.after().expectedError(),
                study.before().brier(),
                study.after().brier(),
                study.after().examples()));
        text.append(thresholds(study).text());
        text.append("* one-sided, %s.%n%n".formatted(Table.percent(study.confidence())));
        for (OfPrompt prompt : study.prompts()) {
            EscapeThreshold threshold = prompt.threshold();
            if (!threshold.isProven()) {
                text.append("%s: %d bad parts prove at best %s; at most %s takes %d without an escape.%n"
                        .formatted(
                                prompt.prompt().id(),
                                threshold.escapes().trials(),
                                Table.percent(threshold.bound()),
                                Table.percent(study.rate()),
                                threshold.needed()));
            }
        }
        text.append(
                "False calls: %s of %d good parts with the recipe's thresholds (%s); %s with the proven ones above (%s)%n"
                        .formatted(
                                Table.percent(study.falseCallsNow()),
                                study.falseCalls().trials(),
                                Table.interval(study.falseCallsNow()),
                                Table.percent(study.falseCalls()),
                                Table.interval(study.falseCalls())));
        return text.toString();
    }

    private static Table curves(CalibrationStudy study) {
        var table = new Table(
                "Confidence",
                "examples",
                "defective",
                "temperature",
                "bias",
                "error before",
                "after",
                "Brier",
                "after");
        for (OfPrompt prompt : study.prompts()) {
            String none = "–";
            table.row(
                    prompt.prompt().id(),
                    prompt.defective().trials(),
                    prompt.defective().hits(),
                    prompt.curve().map(it -> number(1 / it.slope())).orElse(none),
                    prompt.curve().map(it -> number(it.intercept())).orElse(none),
                    prompt.before().map(it -> error(it.expectedError())).orElse(none),
                    prompt.after().map(it -> error(it.expectedError())).orElse(none),
                    prompt.before().map(it -> error(it.brier())).orElse(none),
                    prompt.after().map(it -> error(it.brier())).orElse(none));
        }
        return table;
    }

    private static Table thresholds(CalibrationStudy study) {
        var table = new Table(
                "Thresholds for at most " + Table.percent(study.rate()) + " escapes",
                "bad parts",
                "reviewAt now",
                "proven",
                "escapes",
                "at most *");
        for (OfPrompt prompt : study.prompts()) {
            EscapeThreshold threshold = prompt.threshold();
            table.row(
                    prompt.prompt().id(),
                    threshold.escapes().trials(),
                    prompt.prompt().reviewAt(),
                    threshold.isProven() ? Double.toString(threshold.value()) : "too few",
                    threshold.isProven() ? Integer.toString(threshold.escapes().hits()) : "–",
                    Table.percent(threshold.bound()));
        }
        return table;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String error(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    /** One JSON object; shares in [0, 1]. */
    public static ObjectNode json(CalibrationStudy study) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put(
                "method",
                "temperature and bias (Platt), drawn towards the score as it comes; fitted on every other example, errors on the others");
        root.put("escapeRate", study.rate()).put("confidence", study.confidence());
        reliability(root.putObject("before"), study.before());
        reliability(root.putObject("after"), study.after());
        EvaluationReport.proportion(root.putObject("falseCallsNow"), study.falseCallsNow());
        EvaluationReport.proportion(root.putObject("falseCalls"), study.falseCalls());
        ObjectNode prompts = root.putObject("prompts");
        for (OfPrompt prompt : study.prompts()) {
            ObjectNode node = prompts.putObject(prompt.prompt().id());
            node.put("examples", prompt.defective().trials())
                    .put("defective", prompt.defective().hits());
            prompt.before().ifPresent(it -> reliability(node.putObject("before"), it));
            prompt.after().ifPresent(it -> reliability(node.putObject("after"), it));
            EscapeThreshold threshold = prompt.threshold();
            ObjectNode review = node.putObject("threshold");
            review.put("isProven", threshold.isProven())
                    .put("escapeBound", threshold.bound())
                    .put("badPartsNeeded", threshold.needed());
            if (threshold.isProven()) {
                review.put("reviewAt", threshold.value());
                EvaluationReport.proportion(review.putObject("escapes"), threshold.escapes());
            }
        }
        return root;
    }

    private static void reliability(ObjectNode node, Reliability reliability) {
        node.put("expectedError", reliability.expectedError())
                .put("brier", reliability.brier())
                .put("examples", reliability.examples());
    }
}
