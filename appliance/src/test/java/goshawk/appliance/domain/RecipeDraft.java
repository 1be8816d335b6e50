package goshawk.appliance.domain;

import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import goshawk.camera.Views;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A recipe for tests: what a test does not care about is plausible. */
public final class RecipeDraft {

    private final int widthPx;
    private final int heightPx;
    private final Map<String, Region> regions;
    private String id = "bracket";
    private Optional<PoseReference> pose = Optional.empty();
    private List<DefectPrompt> prompts = List.of();
    private List<CodePrompt> codes = List.of();
    private Duration takt = Duration.ofSeconds(1);
    private Optional<QualityBounds> quality = Optional.empty();
    private Map<String, ReferencePicture> references = Map.of();
    private Map<String, Integer> thoughtTokens = Map.of();

    private RecipeDraft(int widthPx, int heightPx, Map<String, Region> regions) {
        this.widthPx = widthPx;
        this.heightPx = heightPx;
        this.regions = regions;
    }

    public static RecipeDraft of(int widthPx, int heightPx, Map<String, Region> regions) {
        return new RecipeDraft(widthPx, heightPx, regions);
    }

    public RecipeDraft called(String id) {
        this.id = id;
        return this;
    }

    public RecipeDraft found(Optional<PoseReference> pose) {
        this.pose = pose;
        return this;
    }

    public RecipeDraft asking(List<DefectPrompt> prompts) {
        this.prompts = prompts;
        return this;
    }

    public RecipeDraft asking(DefectPrompt... prompts) {
        return asking(List.of(prompts));
    }

    public RecipeDraft reading(CodePrompt... codes) {
        this.codes = List.of(codes);
        return this;
    }

    public RecipeDraft seenWith(QualityBounds bounds) {
        this.quality = Optional.of(bounds);
        return this;
    }

    public RecipeDraft within(Duration takt) {
        this.takt = takt;
        return this;
    }

    /** @param references by name of a region */
    public RecipeDraft showing(Map<String, ReferencePicture> references) {
        this.references = references;
        return this;
    }

    /** @param tokens by id of a prompt */
    public RecipeDraft thinking(Map<String, Integer> tokens) {
        this.thoughtTokens = tokens;
        return this;
    }

    public Recipe recipe() {
        return new Recipe(
                id,
                "1.0",
                "GB-4500",
                List.of(new View(Views.ONLY, widthPx, heightPx, new PixelScale(90), pose, quality)),
                regions,
                Map.of(),
                prompts,
                takt,
                Retention.STANDARD,
                references,
                thoughtTokens,
                codes,
                Qualification.NONE);
    }
}
