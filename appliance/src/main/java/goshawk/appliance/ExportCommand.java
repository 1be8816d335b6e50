package goshawk.appliance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.domain.ArchivedPicture;
import goshawk.appliance.domain.ConfirmedInspection;
import goshawk.appliance.domain.InspectionException;
import goshawk.appliance.domain.InspectionHistory;
import goshawk.appliance.domain.InspectionRecord;
import goshawk.appliance.domain.PartLocator;
import goshawk.appliance.domain.Poses;
import goshawk.appliance.domain.Recipe;
import goshawk.appliance.export.ConversationDataSet;
import goshawk.appliance.export.ConversationDataSet.Picture;
import goshawk.appliance.export.ConversationDataSet.Split;
import goshawk.appliance.inspect.Lessons;
import goshawk.appliance.inspect.Lessons.Lesson;
import goshawk.appliance.pose.ViewLocator;
import goshawk.appliance.recipe.RecipeFile;
import goshawk.appliance.record.SqliteInspectionHistory;
import goshawk.camera.CameraException;
import goshawk.camera.Frame;
import goshawk.camera.PartFiles;
import goshawk.camera.Region;
import goshawk.camera.Views;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Writes parts that an operator confirmed as conversations with pictures, to train an adapter with.",
            "A running station may go on meanwhile."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the data set is written", "2:nothing is written; the message says why"})
final class ExportCommand implements Callable<Integer> {

    private static final int PAGE = 200;

    @Option(names = "--data", required = true, description = "The station's data folder.")
    private Path data = Path.of("");

    @Option(
            names = "--recipe",
            required = true,
            description = "Recipe that the parts were inspected with; other parts are left out.")
    private Path recipe = Path.of("");

    @Option(names = "--out", required = true, description = "Folder for the data set; it must not exist yet.")
    private Path out = Path.of("");

    @Option(names = "--since", description = "Only what was confirmed since then: 2026-11-25 or 2026-11-25T06:00:00Z.")
    private Optional<String> since = Optional.empty();

    private final SortedMap<String, Integer> leftOut = new TreeMap<>();
    private final TreeSet<String> engines = new TreeSet<>();
    private final TreeSet<String> names = new TreeSet<>();

    @Override
    public Integer call() {
        Recipe asked = RecipeFile.read(recipe);
        Instant from = since.map(ExportCommand::instant).orElse(Instant.EPOCH);
        Path database = data.resolve("goshawk.db");
        if (!Files.isRegularFile(database)) {
            throw new CommandException("%s holds no goshawk.db; name a station's data folder".formatted(data));
        }
        try (InspectionHistory history = SqliteInspectionHistory.open(database);
                PartLocator locator = ViewLocator.of(asked);
                ConversationDataSet set = ConversationDataSet.begin(out)) {
            long last = 0;
            List<ConfirmedInspection> page;
            do {
                page = history.confirmed(from, last, PAGE);
                for (ConfirmedInspection part : page) {
                    last = part.inspection().id();
                    add(set, asked, locator, part);
                }
            } while (page.size() == PAGE);
            if (engines.isEmpty()) {
                throw new CommandException(
                        "%s has no confirmed part to export%s; confirm some in the dashboard or with: goshawk confirm"
                                .formatted(data, leftOut.isEmpty() ? "" : ", left out: " + leftOut));
            }
            Map<Split, Integer> counts = set.finish(about(asked, from));
            System.out.printf(
                    "%d conversations to train with and %d to validate with, in %s%n",
                    counts.get(Split.TRAIN), counts.get(Split.VALIDATION), out);
            leftOut.forEach((why, parts) -> System.out.printf("left out: %d, %s%n", parts, why));
            return 0;
        }
    }

    private void add(ConversationDataSet set, Recipe asked, PartLocator locator, ConfirmedInspection part) {
        InspectionRecord record = part.inspection().record();
        if (!record.provenance().promptsHash().equals(asked.promptHash())) {
            leaveOut("inspected with other questions or regions than %s %s".formatted(asked.id(), asked.version()));
            return;
        }
        if (record.isPartial()) {
            leaveOut("only part of the part was seen");
            return;
        }
        Optional<PartFiles> files = files(asked, record);
        if (files.isEmpty()) {
            leaveOut("the picture is no longer in the archive");
            return;
        }
        try (Views views = files.get().read()) {
            Poses poses = locator.locate(views);
            Optional<List<Lesson>> lessons = Lessons.of(asked, part.confirmation(), poses);
            if (lessons.isEmpty()) {
                leaveOut("confirmed for something that the recipe does not ask about there");
                return;
            }
            write(set, asked, part, views, poses, lessons.get());
            engines.add(record.provenance().engine() + " " + record.provenance().engineHash());
            names.add(part.confirmation().by());
        } catch (CameraException e) {
            leaveOut("the picture cannot be read");
        } catch (InspectionException e) {
            leaveOut("the part cannot be found in its picture");
        }
    }

    private static void write(
            ConversationDataSet set,
            Recipe asked,
            ConfirmedInspection part,
            Views views,
            Poses poses,
            List<Lesson> lessons) {
        InspectionRecord record = part.inspection().record();
        Map<String, Picture> shown = new LinkedHashMap<>();
        for (Lesson lesson : lessons) {
            String id = part.inspection().id() + "-" + lesson.region();
            Picture picture = shown.computeIfAbsent(lesson.region(), name -> {
                Region region = asked.region(name);
                byte[] pixels = Lessons.picture(views, asked, name, poses);
                try (Frame cut = Frame.of(region.width(), region.height(), pixels)) {
                    return set.picture(record.trigger().part(), id, cut, record.isSimulated());
                }
            });
            set.conversation(
                    id + "-" + lesson.prompt(),
                    picture,
                    Lessons.system(),
                    lesson.question(),
                    lesson.verdict(),
                    lesson.answer());
        }
    }

    /** The pictures of all views; empty when one is gone. */
    private Optional<PartFiles> files(Recipe asked, InspectionRecord record) {
        SequencedMap<String, Path> files = new LinkedHashMap<>();
        for (String view : asked.viewNames()) {
            record.picture(view).flatMap(this::file).ifPresent(file -> files.put(view, file));
        }
        return files.size() == asked.views().size()
                ? Optional.of(new PartFiles(record.trigger().part(), files))
                : Optional.empty();
    }

    /** Only files of the archive, whatever stands in the database. */
    private Optional<Path> file(ArchivedPicture picture) {
        Path images = data.resolve("images").toAbsolutePath().normalize();
        Path file = images.resolve(picture.path()).normalize();
        return file.startsWith(images) && Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
    }

    private void leaveOut(String why) {
        leftOut.merge(why, 1, Integer::sum);
    }

    private ObjectNode about(Recipe asked, Instant from) {
        ObjectNode about = new ObjectMapper().createObjectNode();
        about.put("created", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        if (!from.equals(Instant.EPOCH)) {
            about.put("since", from.toString());
        }
        about.put("recipe", "%s %s".formatted(asked.id(), asked.version()));
        about.put("recipeHash", asked.hash()).put("promptsHash", asked.promptHash());
        ArrayNode by = about.putArray("engines");
        engines.forEach(by::add);
        ArrayNode people = about.putArray("confirmedBy");
        names.forEach(people::add);
        ObjectNode reasons = about.putObject("leftOut");
        leftOut.forEach(reasons::put);
        return about;
    }

    private static Instant instant(String written) {
        try {
            return written.length() == "2026-11-25".length()
                    ? LocalDate.parse(written)
                            .atStartOfDay(ZoneId.systemDefault())
                            .toInstant()
                    : Instant.parse(written);
        } catch (DateTimeException e) {
            throw new CommandException(
                    "--since %s is no time; write 2026-11-25 or 2026-11-25T06:00:00Z".formatted(written), e);
        }
    }
}
