package goshawk.appliance.domain;

import goshawk.camera.Cause;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import goshawk.camera.Views;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * The versioned settings for one kind of part.
 *
 * @param id letters, digits, {@code -} and {@code _}; unique on the station
 * @param version as people write it, {@code 1.0}; the {@link #hash()} is what tells two apart
 * @param partNumber of the part it is for
 * @param views what the station's cameras see, at least one; where there is one without a name, the recipe names none
 * @param viewOf name of the view that a region lies in, by the region's name
 * @param regions by name, in pixels of their view's nominal picture and inside it, in the recipe's order; of a region that is cut into
 *     {@link Tiles}, the tiles in its place
 * @param prompts in the order in which they are asked; at least one where no code is read
 * @param takt from trigger to decision, greater than zero
 * @param references by name of a region: how it looks on a good part, of the region's size
 * @param thoughtTokens by id of a prompt: how long the model may think before its score; absent where it scores at once
 * @param codes that are read and compared, behind the prompts of their region
 * @param qualification how good it is known to be
 */
public record Recipe(
        String id,
        String version,
        String partNumber,
        List<View> views,
        Map<String, Region> regions,
        Map<String, String> viewOf,
        List<DefectPrompt> prompts,
        Duration takt,
        Retention retention,
        Map<String, ReferencePicture> references,
        Map<String, Integer> thoughtTokens,
        List<CodePrompt> codes,
        Qualification qualification) {

    /** The longest thought that a recipe may ask for. */
    public static final int MOST_THOUGHT_TOKENS = 32_768;

    /** The same recipe, scored at once where it would think first. */
    public Recipe atOnce() {
        return new Recipe(
                id,
                version,
                partNumber,
                views,
                regions,
                viewOf,
                prompts,
                takt,
                retention,
                references,
                Map.of(),
                codes,
                qualification);
    }

    public Recipe {
        references = Collections.unmodifiableMap(new TreeMap<>(references));
        thoughtTokens = Collections.unmodifiableMap(new TreeMap<>(thoughtTokens));
        regions = Collections.unmodifiableMap(new LinkedHashMap<>(regions));
        prompts = List.copyOf(prompts);
        codes = List.copyOf(codes);
        views = List.copyOf(views);
        viewOf = Collections.unmodifiableMap(new TreeMap<>(viewOf));
        checkViews(id, views);
        for (var region : regions.entrySet()) {
            Region place = region.getValue();
            View view = view(id, views, viewOf.getOrDefault(region.getKey(), Views.ONLY));
            if (place.right() > view.widthPx() || place.bottom() > view.heightPx()) {
                throw new IllegalArgumentException("recipe %s: region %s reaches to (%d, %d), the picture is %d×%d"
                        .formatted(
                                id, region.getKey(), place.right(), place.bottom(), view.widthPx(), view.heightPx()));
            }
        }
        if (prompts.isEmpty() && codes.isEmpty()) {
            throw new IllegalArgumentException("recipe " + id + " asks nothing");
        }
        Set<String> ids = new HashSet<>();
        for (DefectPrompt prompt : prompts) {
            if (!ids.add(prompt.id())) {
                throw new IllegalArgumentException("recipe %s: two prompts are called %s".formatted(id, prompt.id()));
            }
            if (!regions.keySet().containsAll(prompt.regions())) {
                throw new IllegalArgumentException("recipe %s: prompt %s looks at %s, the regions are %s"
                        .formatted(id, prompt.id(), prompt.regions(), regions.keySet()));
            }
        }
        for (CodePrompt code : codes) {
            if (!ids.add(code.id())) {
                throw new IllegalArgumentException(
                        "recipe %s: two prompts or codes are called %s".formatted(id, code.id()));
            }
            if (!regions.containsKey(code.region())) {
                throw new IllegalArgumentException("recipe %s: code %s is in region %s, the regions are %s"
                        .formatted(id, code.id(), code.region(), regions.keySet()));
            }
        }
        if (!takt.isPositive()) {
            throw new IllegalArgumentException("recipe %s: takt must be above 0: %s".formatted(id, takt));
        }
        for (var reference : references.entrySet()) {
            Region region = regions.get(reference.getKey());
            ReferencePicture picture = reference.getValue();
            if (region == null || picture.widthPx() != region.width() || picture.heightPx() != region.height()) {
                throw new IllegalArgumentException("recipe %s: reference %s is %d×%d, region %s is %s"
                        .formatted(
                                id,
                                picture.file(),
                                picture.widthPx(),
                                picture.heightPx(),
                                reference.getKey(),
                                region == null ? "none" : region.width() + "×" + region.height()));
            }
        }
        thoughtTokens.forEach((prompt, tokens) -> {
            if (!ids.contains(prompt) || tokens < 1 || tokens > MOST_THOUGHT_TOKENS) {
                throw new IllegalArgumentException("recipe %s: prompt %s may think 1 to %d tokens, got %d"
                        .formatted(id, prompt, MOST_THOUGHT_TOKENS, tokens));
            }
        });
    }

    private static void checkViews(String id, List<View> views) {
        List<String> names = views.stream().map(View::name).toList();
        if (names.isEmpty() || new HashSet<>(names).size() < names.size()) {
            throw new IllegalArgumentException(
                    "recipe %s: views must be one or more, each with its own name: %s".formatted(id, names));
        }
        if (names.size() > 1 && names.contains(Views.ONLY)) {
            throw new IllegalArgumentException("recipe %s: of several views each has a name: %s".formatted(id, names));
        }
        for (View view : views) {
            view.poseOf().ifPresent(of -> {
                View other = view(id, views, of);
                if (other.poseOf().isPresent() || other.name().equals(view.name())) {
                    throw new IllegalArgumentException(
                            "recipe %s: view %s takes its pose from view %s, which has none of its own"
                                    .formatted(id, view.name(), of));
                }
                if (other.widthPx() != view.widthPx()
                        || other.heightPx() != view.heightPx()
                        || !other.scale().equals(view.scale())) {
                    throw new IllegalArgumentException(
                            "recipe %s: view %s takes its pose from view %s, whose picture has another size or scale"
                                    .formatted(id, view.name(), of));
                }
            });
        }
    }

    private static View view(String id, List<View> views, String name) {
        return views.stream()
                .filter(view -> view.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("recipe %s has no view '%s'; the views are %s"
                        .formatted(id, name, views.stream().map(View::name).toList())));
    }

    /** The view of this name. */
    public View view(String name) {
        return view(id, views, name);
    }

    /** The view that a region lies in. */
    public View viewOf(String region) {
        return view(viewOf.getOrDefault(region, Views.ONLY));
    }

    /** In the recipe's order. */
    public List<String> viewNames() {
        return views.stream().map(View::name).toList();
    }

    /** True where the recipe names its views. */
    public boolean namesViews() {
        return !views.getFirst().isOnly();
    }

    /**
     * The view of a recipe that names none.
     *
     * @throws IllegalArgumentException when it does: whoever asks can do with one picture alone
     */
    public View only() {
        if (namesViews()) {
            throw new IllegalArgumentException(
                    "recipe %s has the views %s, here is but one picture; take a recipe that names none"
                            .formatted(id, viewNames()));
        }
        return views.getFirst();
    }

    /**
     * Lets pass only what the recipe is for.
     *
     * @throws InspectionException when pictures are of other views, or of another size
     */
    public void require(Views pictures) {
        if (!Set.copyOf(pictures.names()).equals(Set.copyOf(viewNames()))) {
            throw new InspectionException(
                    Cause.CAMERA,
                    "there are pictures of the views %s, recipe %s is for %s".formatted(pictures, id, viewNames()));
        }
        pictures.byName().forEach((name, frame) -> {
            View view = view(name);
            if (frame.width() != view.widthPx() || frame.height() != view.heightPx()) {
                throw new InspectionException(
                        Cause.CAMERA,
                        Views.about(
                                name,
                                "the picture is %d×%d, recipe %s is for %d×%d"
                                        .formatted(
                                                frame.width(), frame.height(), id, view.widthPx(), view.heightPx())));
            }
        });
    }

    /** What is shown of this region as an example of a good part. */
    public Optional<ReferencePicture> reference(String region) {
        return Optional.ofNullable(references.get(region));
    }

    /** How many tokens the model may think before it scores this prompt; empty where it scores at once. */
    public OptionalInt thoughtTokens(DefectPrompt prompt) {
        Integer tokens = thoughtTokens.get(prompt.id());
        return tokens == null ? OptionalInt.empty() : OptionalInt.of(tokens);
    }

    /** The region of this name. */
    public Region region(String name) {
        Region region = regions.get(name);
        if (region == null) {
            throw new IllegalArgumentException("recipe %s has no region %s".formatted(id, name));
        }
        return region;
    }

    /** SHA-256, in lower-case hex, of everything the recipe says; how its file is laid out does not matter. */
    public String hash() {
        var canonical = new Canonical();
        canonical.add(id).add(version).add(partNumber);
        if (namesViews()) {
            canonical.add("views").add(views.size());
        }
        views.forEach(canonical::seen);
        canonical.add(regions.size());
        new TreeMap<>(regions)
                .forEach((name, region) -> canonical.add(name).add(region).in(viewOf(name)));
        canonical.add(prompts.size());
        for (DefectPrompt prompt : prompts) {
            canonical.asked(prompt).add(prompt.severity().name());
            canonical.add(prompt.rejectAt()).add(prompt.reviewAt());
        }
        canonical.add(takt.toNanos()).add(retention.name());
        prompts.stream()
                .filter(prompt -> prompt.findingsAt() > 0) // nothing otherwise, as recipes were before
                .forEach(prompt -> canonical.add("findings").add(prompt.id()).add(prompt.findingsAt()));
        for (DefectPrompt prompt : prompts) {
            prompt.smallestMm()
                    .ifPresent(mm -> canonical.add("smallest").add(prompt.id()).add(mm));
        }
        canonical.shownAndThought(this);
        for (CodePrompt code : codes) {
            canonical.read(code).expected(code.expected());
            canonical.add(code.reviewBelow()).add(code.severity().name());
        }
        views.forEach(canonical::linesAndQuality);
        qualification.golden().ifPresent(golden -> canonical.add("golden").addAll(golden.values()));
        qualification.calibration().ifPresent(it -> canonical.add("calibration").add(it.sha256()));
        return canonical.sha256();
    }

    /**
     * SHA-256, in lower-case hex, of what the model is asked and where: questions, defect codes and the regions that
     * they look at, their references, and how long it may think. Equal while only thresholds, takt or the like change.
     */
    public String promptHash() {
        var canonical = new Canonical();
        canonical.add(prompts.size());
        for (DefectPrompt prompt : prompts) {
            canonical.asked(prompt);
            prompt.regions().forEach(name -> canonical.add(region(name)).in(viewOf(name)));
        }
        canonical.shownAndThought(this);
        codes.forEach(code -> canonical.read(code).add(region(code.region())).in(viewOf(code.region())));
        return canonical.sha256();
    }

    /** Values one after another, each with its length before it, so that no two lists of values read the same. */
    private static final class Canonical {

        private final StringBuilder text = new StringBuilder();

        Canonical add(Object value) {
            String written = value.toString();
            text.append(written.length()).append(':').append(written).append('\n');
            return this;
        }

        /** Size, scale and pose of a view, and its name where it has one. */
        void seen(View view) {
            in(view).add(view.widthPx()).add(view.heightPx()).add(view.scale().micrometresX());
            add(view.pose().isPresent());
            view.pose().ifPresent(this::found);
            view.poseOf().ifPresent(of -> add("pose of").add(of));
        }

        /** The name of a region's view; nothing where the recipe names none, as recipes were before. */
        Canonical in(View view) {
            return view.isOnly() ? this : add("view").add(view.name());
        }

        private void found(PoseReference reference) {
            add(reference.toleranceMm()).add(reference.toleranceDegrees());
            add(reference.features().size());
            for (var feature : reference.features()) {
                add(feature.name()).add(feature.centre()).add(feature.diameterMm());
            }
            add(reference.outline().isPresent());
            reference
                    .outline()
                    .ifPresent(outline ->
                            add(outline.centre()).add(outline.widthMm()).add(outline.heightMm()));
        }

        void linesAndQuality(View view) {
            PixelScale scale = view.scale();
            if (scale.micrometresY() != scale.micrometresX()) { // nothing otherwise, as recipes were before
                in(view).add("line").add(scale.micrometresY());
            }
            view.quality().ifPresent(it -> in(view).add("quality").addAll(it.values()));
        }

        Canonical addAll(List<Object> values) {
            add(values.size());
            values.forEach(this::add);
            return this;
        }

        Canonical add(Region region) {
            return add(region.left()).add(region.top()).add(region.right()).add(region.bottom());
        }

        Canonical add(Point point) {
            return add(point.x()).add(point.y());
        }

        Canonical asked(DefectPrompt prompt) {
            add(prompt.id()).add(prompt.question()).add(prompt.defects().size());
            prompt.defects().forEach(this::add);
            add(prompt.regions().size());
            prompt.regions().forEach(this::add);
            return this;
        }

        Canonical read(CodePrompt code) {
            add("code").add(code.id()).add(code.question()).add(code.region());
            return add(code.form().shortest())
                    .add(code.form().longest())
                    .add(code.form().characters());
        }

        Canonical expected(CodePrompt.Expected expected) {
            add(expected.text().isPresent()).add(expected.text().orElse(""));
            add(expected.pattern().isPresent()).add(expected.pattern().orElse(""));
            return add(expected.checkDigit().name()).add(expected.normalForm().name());
        }

        /** The references' pixels and the lengths of thoughts; nothing where there are none, as recipes were before. */
        Canonical shownAndThought(Recipe recipe) {
            recipe.references()
                    .forEach((region, picture) -> add("reference").add(region).add(picture.sha256()));
            recipe.thoughtTokens()
                    .forEach((prompt, tokens) -> add("thought").add(prompt).add(tokens));
            return this;
        }

        String sha256() {
            try {
                var digest = MessageDigest.getInstance("SHA-256");
                return HexFormat.of().formatHex(digest.digest(text.toString().getBytes(StandardCharsets.UTF_8)));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }
    }
}
