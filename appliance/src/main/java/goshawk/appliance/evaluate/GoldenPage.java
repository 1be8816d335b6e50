package goshawk.appliance.evaluate;

import goshawk.appliance.domain.Provenance;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.domain.Verification;
import goshawk.appliance.evaluate.Evaluation.Kind;
import goshawk.appliance.evaluate.GoldenReport.Demand;
import goshawk.appliance.evaluate.GoldenReport.Injection;
import goshawk.appliance.evaluate.GoldenTest.Repeated;
import goshawk.camera.Frame;
import goshawk.camera.Views;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;

/** A {@link GoldenReport} as one page that needs nothing else: for the file of whoever signs a recipe off. */
final class GoldenPage {

    private static final int PICTURES = 12;
    private static final int PICTURE_WIDTH = 320;

    private static final String STYLE = """
        body { font: 15px/1.5 system-ui, "Segoe UI", sans-serif; color: #15191d; background: #fff; margin: 32px auto; max-width: 1040px; padding: 0 20px }
        h1 { font-size: 24px; margin: 0 } h2 { font-size: 17px; margin: 30px 0 8px }
        .verdict { display: inline-block; padding: 3px 12px; border-radius: 5px; font-weight: 650; margin: 10px 0 }
        .passed { background: #e4e7ea } .failed { background: #c01f17; color: #fff }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums } td, th { padding: 4px 14px 4px 0; text-align: left; border-bottom: 1px solid #e4e7ea; vertical-align: top }
        th { font-weight: 600; color: #4d5863 } .soft { color: #4d5863 } code { font-size: 13px }
        .pictures { display: flex; flex-wrap: wrap; gap: 14px } figure { margin: 0; width: 320px } img { width: 320px; border-radius: 4px; display: block }
        """;

    private final GoldenReport report;
    private final Recipe recipe;
    private final Verification verification;
    private final Optional<GoldenReport> atOnce;
    private final StringBuilder page = new StringBuilder();

    private GoldenPage(GoldenReport report, Recipe recipe, Verification verification, Optional<GoldenReport> atOnce) {
        this.report = report;
        this.recipe = recipe;
        this.verification = verification;
        this.atOnce = atOnce;
    }

    static String html(GoldenReport report, Recipe recipe, Verification verification, Optional<GoldenReport> atOnce) {
        return new GoldenPage(report, recipe, verification, atOnce).html();
    }

    private String html() {
        page.append(
                "<!doctype html><html lang='en'><meta charset='utf-8'><title>Verification of %s</title><style>%s</style>\n"
                        .formatted(Svg.escaped(recipe.id()), STYLE));
        head();
        demands();
        page.append("<h2>What got through and what was called</h2>").append(rates());
        page.append(
                "<p class='soft'>Exact 95 % intervals (Clopper and Pearson). They cover the luck of the draw, not parts of another kind.</p>");
        study();
        atOnce.ifPresent(once -> page.append(
                "<h2>With and without a thought</h2><pre>%s</pre>\n".formatted(Svg.escaped(report.besides(once)))));
        words();
        pictures();
        return page.append("</html>\n").toString();
    }

    private void head() {
        Provenance by = verification.by();
        String verdict = verification.isPassed() ? "passed" : verification.isWhole() ? "did not pass" : "rehearsal";
        page.append("<h1>Verification of recipe %s %s</h1><span class='verdict %s'>%s</span>\n"
                .formatted(
                        Svg.escaped(recipe.id()),
                        Svg.escaped(recipe.version()),
                        verification.isPassed() || !verification.isWhole() ? "passed" : "failed",
                        verdict));
        page.append("<table>");
        row("Finished", verification.at().toString());
        row("Part", recipe.partNumber());
        row("Recipe hash", by.recipeHash());
        if (!verification.goldenHash().isEmpty()) {
            row("Hash of truth and pictures", verification.goldenHash());
        }
        row("Engine", by.engine() + ", " + by.precision() + ", " + by.runtime());
        row("Engine hash", by.engineHash());
        report.evaluation()
                .latency()
                .ifPresent(latency -> row(
                        "Time for a part",
                        "P50 %.0f ms, P99 %.0f ms on the machine that verified it"
                                .formatted(latency.p50(), latency.p99())));
        page.append("</table>\n");
    }

    private void row(String name, String value) {
        page.append("<tr><th>%s</th><td>%s</td></tr>".formatted(Svg.escaped(name), Svg.escaped(value)));
    }

    private void demands() {
        page.append(
                "<h2>What the recipe asks of itself</h2><table><tr><th></th><th></th><th>asked</th><th>found</th></tr>");
        for (Demand demand : report.demands()) {
            page.append("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>"
                    .formatted(
                            demand.isMet() ? "✓ met" : "<b style='color:#c01f17'>✗ not met</b>",
                            Svg.escaped(demand.what()),
                            Svg.escaped(demand.asked()),
                            Svg.escaped(demand.found())));
        }
        page.append("</table>\n");
    }

    /** One line for each kind of part: the share that got through, with its interval. */
    private String rates() {
        List<Kind> kinds = new ArrayList<>(report.kinds());
        int rows = kinds.size() + 2;
        int left = 190;
        int wide = 520;
        int top = 34;
        int step = 26;
        var svg = new Svg(1_000, top + rows * step + 34);
        for (int tick = 0; tick <= 5; tick++) {
            double x = left + wide * tick / 5.0;
            svg.line(x, top - 8, x, top + rows * step, Svg.LINE, 1);
            svg.text(x, top - 14, "middle", 11, Svg.SOFT, 20 * tick + " %");
        }
        Proportion all = report.evaluation().caught();
        for (int i = 0; i < kinds.size(); i++) {
            Proportion caught = kinds.get(i).caught();
            rate(
                    svg,
                    left,
                    wide,
                    top + i * step + 14,
                    "escapes, " + kinds.get(i).label().replace('_', ' '),
                    misses(caught));
        }
        rate(svg, left, wide, top + kinds.size() * step + 14, "escapes, all kinds", misses(all));
        rate(
                svg,
                left,
                wide,
                top + (rows - 1) * step + 14,
                "false calls",
                report.evaluation().good().caught());
        return svg.toString();
    }

    private static void rate(Svg svg, int left, int wide, int y, String name, Proportion proportion) {
        svg.text(left - 12, y + 4, "end", 13, Svg.INK, name);
        if (proportion.trials() == 0) {
            svg.text(left + wide + 16, y + 4, "start", 12, Svg.SOFT, "no such part");
            return;
        }
        Proportion.Interval exact = proportion.exact95();
        svg.line(left + wide * exact.low(), y, left + wide * exact.high(), y, Svg.BLUE, 2);
        svg.dot(left + wide * proportion.share(), y, 4.5, proportion.hits() == 0 ? Svg.BLUE : Svg.RED);
        svg.text(
                left + wide + 16,
                y + 4,
                "start",
                12,
                Svg.SOFT,
                "%d of %d; %s".formatted(proportion.hits(), proportion.trials(), Table.interval(proportion)));
    }

    private static Proportion misses(Proportion caught) {
        return new Proportion(caught.trials() - caught.hits(), caught.trials());
    }

    private void study() {
        List<Repeated> study = report.test().study();
        if (study.isEmpty()) {
            return;
        }
        Agreement agreement = report.agreement();
        page.append("<h2>Repeatability</h2><p>%d parts, %d of them limit samples, %d presentations each (%s).</p>"
                .formatted(
                        study.size(),
                        study.stream().filter(Repeated::isLimitSample).count(),
                        study.getFirst().calls().size(),
                        Svg.escaped(report.parts().presentations())));
        page.append("<table>");
        row(
                "Flips",
                "%d of %d parts did not get the same answer each time: %s (%s)"
                        .formatted(
                                agreement.flips().hits(),
                                agreement.flips().trials(),
                                Table.percent(agreement.flips()),
                                Table.interval(agreement.flips())));
        row("Kappa with each other (Fleiss)", GoldenReport.number(agreement.kappa()));
        row("Kappa with the truth (Cohen)", GoldenReport.number(agreement.kappaToTruth()));
        page.append("</table>");
        List<Repeated> flipped = study.stream().filter(Repeated::isFlipped).toList();
        if (!flipped.isEmpty()) {
            page.append("<table><tr><th>flipped</th><th>truth</th><th>presentations</th></tr>");
            flipped.forEach(part -> page.append("<tr><td>%s%s</td><td>%s</td><td>%s</td></tr>"
                    .formatted(
                            Svg.escaped(part.known().file()),
                            part.isLimitSample() ? " (limit sample)" : "",
                            Svg.escaped(part.known().label()),
                            part.calls().stream().map(Enum::name).collect(Collectors.joining(", ")))));
            page.append("</table>");
        }
    }

    private void words() {
        if (report.test().written().isEmpty()) {
            return;
        }
        Injection injection = report.injection();
        page.append(
                "<h2>Words on the part</h2><p>The same parts with words such as PASS or NO DEFECT written or stuck on them.</p>");
        page.append("<table><tr><th></th><th>without</th><th>with</th></tr>");
        page.append("<tr><td>escapes</td><td>%s</td><td>%s</td></tr>"
                .formatted(fraction(injection.escapesWithout()), fraction(injection.escapesWith())));
        page.append("<tr><td>false calls</td><td>%s</td><td>%s</td></tr>"
                .formatted(fraction(injection.falseWithout()), fraction(injection.falseWith())));
        page.append("<tr><td>bad parts that passed because of the words</td><td></td><td>%d</td></tr></table>\n"
                .formatted(report.turned().size()));
    }

    private static String fraction(Proportion proportion) {
        return "%d of %d".formatted(proportion.hits(), proportion.trials());
    }

    /** Bad parts that passed, parts that flipped and good parts that were called: what somebody should look at. */
    private void pictures() {
        Set<String> shown = new LinkedHashSet<>();
        report.missed().forEach(part -> shown.add(part.known().file()));
        report.test().study().stream()
                .filter(Repeated::isFlipped)
                .forEach(part -> shown.add(part.known().file()));
        report.test().looked().stream()
                .filter(part -> part.known().isGood() && part.judged().call().isCaught())
                .forEach(part -> shown.add(part.known().file()));
        if (shown.isEmpty()) {
            return;
        }
        page.append("<h2>Parts to look at</h2><div class='pictures'>");
        for (int i = 0, left = PICTURES; i < report.test().looked().size() && left > 0; i++) {
            var looked = report.test().looked().get(i);
            if (shown.contains(looked.known().file())) {
                page.append(
                        "<figure><img alt='' src='data:image/jpeg;base64,%s'><figcaption>%s: %s, judged %s</figcaption></figure>\n"
                                .formatted(
                                        picture(report.parts().parts().get(i)),
                                        Svg.escaped(looked.known().file()),
                                        Svg.escaped(looked.known().label()),
                                        looked.judged().call()));
                left--;
            }
        }
        page.append("</div>");
        if (shown.size() > PICTURES) {
            page.append("<p class='soft'>and %d more</p>".formatted(shown.size() - PICTURES));
        }
    }

    private static String picture(GoldenPart part) {
        try (Views views = part.show(0).views()) {
            Frame frame = views.byName().firstEntry().getValue();
            var full = new BufferedImage(frame.width(), frame.height(), BufferedImage.TYPE_INT_RGB);
            byte[] rgb = frame.rgb();
            for (int i = 0; i < frame.width() * frame.height(); i++) {
                int red = rgb[3 * i] & 0xFF;
                int green = rgb[3 * i + 1] & 0xFF;
                int blue = rgb[3 * i + 2] & 0xFF;
                full.setRGB(i % frame.width(), i / frame.width(), red << 16 | green << 8 | blue);
            }
            int height = Math.max(1, PICTURE_WIDTH * frame.height() / frame.width());
            var small = new BufferedImage(PICTURE_WIDTH, height, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = small.createGraphics();
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
            graphics.drawImage(full, 0, 0, PICTURE_WIDTH, height, null);
            graphics.dispose();
            var bytes = new ByteArrayOutputStream();
            ImageIO.write(small, "jpeg", bytes);
            return Base64.getEncoder().encodeToString(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException("a byte array took no bytes", e);
        }
    }
}
