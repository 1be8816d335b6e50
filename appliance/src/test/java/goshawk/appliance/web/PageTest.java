package goshawk.appliance.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.LineCounters;
import goshawk.appliance.domain.LineState;
import goshawk.appliance.domain.Records;
import goshawk.appliance.domain.StationState;
import goshawk.appliance.record.SqliteInspectionHistory;
import goshawk.appliance.record.SqliteInspectionLog;
import goshawk.camera.sim.BracketRenderer;
import goshawk.camera.sim.PngFile;
import goshawk.camera.sim.RenderOptions;
import goshawk.camera.sim.SimulatedLight;
import goshawk.camera.sim.SimulatedPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page as the operator gets it: built, served, and drawn by a real browser. */
class PageTest {

    /** A function that looks through the shadow trees for elements, and gives their text. */
    private static final String TEXT_OF = """
            ((selector) => {
              const found = [];
              const look = (root) => root.querySelectorAll("*").forEach((element) => {
                if (element.matches(selector)) found.push((element.textContent ?? "").replace(/\\s+/g, " ").trim());
                if (element.shadowRoot) look(element.shadowRoot);
              });
              look(document);
              return found.join(" | ");
            })""";

    @TempDir
    Path profile;

    @TempDir
    Path dir;

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void anOperatorSeesTheVerdictTheRegionAndTheLossOfTheConnection() throws Exception {
        Optional<Path> chromium = Browser.installed();
        Assumptions.assumeTrue(
                chromium.isPresent(), "no Chromium here, the page is not looked at; apt-get install -y chromium");
        Path pictures = dir.resolve("images");
        Files.createDirectories(pictures.resolve("2026-11-22"));
        SimulatedPart part = BracketRenderer.render(1, 1, RenderOptions.USUAL);
        PngFile.write(pictures.resolve(Records.PICTURE.path()), part.rgb(), part.width(), part.height());
        try (var log = SqliteInspectionLog.open(dir.resolve("goshawk.db"), Clock.systemUTC());
                var history = SqliteInspectionHistory.open(dir.resolve("goshawk.db"));
                var browser = new Browser(chromium.get(), profile)) {
            try (var server = DashboardServer.start("127.0.0.1", 0, history, PageTest::state, pictures, log)) {
                browser.open(server.address());
                log.append(Records.reject(1));

                shows(browser, ".banner .word", "REJECT");
                shows(browser, ".overlay text", "Missing bolt 0.930");
                shows(browser, ".state", "Running");
                assertThat(browser.evaluate("document.title")).isEqualTo("Running · bracket 1.0 · Goshawk");

                log.append(Records.pass(2));
                shows(browser, ".banner .word", "PASS");

                browser.evaluate("location.hash = '#/inspections/1'");
                shows(browser, ".prompt.rejects .question strong", "Is a bolt missing?");
                shows(browser, ".confirmation", "Not confirmed");
                browser.press("r", 82);
                shows(browser, ".confirmation", "Confirmed Reject by operator");
                browser.press("p", 80);
                shows(browser, ".confirmation", "Confirmed Pass by operator");
                browser.press("ArrowRight", 39);
                shows(browser, "dialog h2", "PASS");

                log.append(Records.record(3, "P3", Records.disputed(), Disposition.DIVERTED));
                shows(browser, ".overlay text", "Missing bolt?");
                browser.press("ArrowRight", 39);
                shows(browser, ".second .question", "Says Reject: Pass became Review");
                shows(browser, ".second .meta", "other at https://vision.example/v1 · answered in 301 ms");
                shows(browser, ".besides .differs", "Is a bolt missing? 0.010 0.880");
                browser.press("Escape", 27);

                SimulatedPart dark = BracketRenderer.under(SimulatedLight.DARK, 1, 1, RenderOptions.USUAL, 0);
                InspectionRecord two = Records.twoViews(4);
                draw(dark, two, pictures);
                log.append(two);
                shows(browser, ".panel .view:nth-child(1) .name", "bright");
                shows(browser, ".panel .view:nth-child(2) .name", "dark (1)");
                shows(browser, ".overlay text", "Dent 0.900");
                browser.evaluate("location.hash = '#/inspections/4'");
                shows(browser, "dialog .views [aria-pressed=true]", "dark (1)");
                browser.press("v", 86);
                shows(browser, "dialog .views [aria-pressed=true]", "bright");
                browser.press("Escape", 27);

                InspectionRecord torn = Records.tornView(5);
                draw(part, torn, pictures);
                log.append(torn);
                shows(browser, ".panel .view:nth-child(1) .unseen", "No pictureits camera gave no answer");
                shows(browser, ".panel .view:nth-child(1) .name", "front");
                shows(browser, ".panel .view:nth-child(2) .name", "top");
                shows(browser, ".panel .view:nth-child(3) .name", "side, partial: not judged");
                shows(browser, ".panel .view:nth-child(3) .name[title]", "side");
                browser.evaluate("location.hash = '#/inspections/5'");
                shows(browser, "dialog .views [aria-pressed=true]", "top");
                browser.press("v", 86);
                shows(browser, "dialog .fault", "is incomplete: parts of it are missing");
                browser.press("v", 86);
                shows(browser, "dialog .unseen", "No pictureits camera gave no answer");
                shows(browser, "dialog .views [aria-pressed=true]", "front, no picture");
                assertThat(browser.evaluate(TEXT_OF + "('.confirmation')"))
                        .as("a partial picture is not confirmed")
                        .isEmpty();
                browser.press("Escape", 27);
                assertThat(browser.complaints()).isEmpty();
            }
            shows(browser, ".banner.bad strong", "No connection to the appliance.");
            shows(browser, ".panel.stale .word", "NOT INSPECTED");
            assertThat(browser.evaluate("document.title")).startsWith("No connection");
        }
    }

    /** The same part in the place of each of its record's pictures. */
    private static void draw(SimulatedPart part, InspectionRecord record, Path pictures) throws IOException {
        for (ArchivedPicture picture : record.pictures()) {
            PngFile.write(pictures.resolve(picture.path()), part.rgb(), part.width(), part.height());
        }
    }

    private static void shows(Browser browser, String selector, String text) {
        await().atMost(Duration.ofSeconds(40))
                .untilAsserted(() -> assertThat(browser.evaluate(TEXT_OF + "('" + selector + "')"))
                        .as(selector)
                        .contains(text));
    }

    private static StationState state() {
        return new StationState(
                "goshawk/test",
                LineState.RUNNING,
                "",
                Records.PROVENANCE,
                Duration.ofMillis(500),
                true,
                true,
                Records.AT,
                Duration.ofMillis(100),
                new LineCounters.Snapshot(3, 3, 0, 0, 0, 0, 0));
    }
}
