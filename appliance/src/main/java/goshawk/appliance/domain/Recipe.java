package goshawk.appliance.domain;

import goshawk.camera.PixelScale;
import goshawk.camera.Region;
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
 * @param widthPx width of the camera's picture, in pixels; a picture of another size is not inspected
 * @param heightPx height of the camera's picture, in pixels
 * @param scale of the picture in the plane of the part
 * @param pose how the part is found; without it the part is taken to lie as in the nominal picture
 * @param regions by name, in pixels of the nominal picture and inside it, in the recipe's order; of a region that is cut into
 *     {@link Tiles}, the tiles in its place
 * @param prompts in the order in which they are asked; at least one where no code is read
 * @param takt from trigger to decision, greater than zero
 * @param references by name of a region: how it looks on a good part, of the region's size
 * @param thoughtTokens by id of a prompt: how long the model may think before its score; absent where it scores at once
 * @param codes that are read and compared, behind the prompts of their region
 * @param quality what a picture must be like to be judged; without it every picture is
 * @param qualification how good it is known to be
 */
public record Recipe(
        String id,
        String version,
        String partNumber,
        int widthPx,
        int heightPx,
        PixelScale scale,
        Optional<PoseReference> pose,
        Map<String, Region> regions,
        List<DefectPrompt> prompts,
        Duration takt,
        Retention retention,
        Map<String, ReferencePicture> references,
        Map<String, Integer> thoughtTokens,
        List<CodePrompt> codes,
        Optional<QualityBounds> quality,
        Qualification qualification) {

    /** The longest thought that a recipe may ask for. */
    public static final int MOST_THOUGHT_TOKENS = 32_768;

    /** The same recipe, scored at once where it would think first. */
    public Recipe atOnce() {
        return new Recipe(
                id,
                version,
                partNumber,
                widthPx,
                heightPx,
                scale,
                pose,
                regions,
                prompts,
                takt,
                retention,
                references,
                Map.of(),
                codes,
                quality,
                qualification);
    }

    public Recipe {
        references = Collections.unmodifiableMap(new TreeMap<>(references));
        thoughtTokens = Collections.unmodifiableMap(new TreeMap<>(thoughtTokens));
        regions = Collections.unmodifiableMap(new LinkedHashMap<>(regions));
        prompts = List.copyOf(prompts);
        codes = List.copyOf(codes);
        if (widthPx < 1 || heightPx < 1) {
            throw new IllegalArgumentException(
                    "recipe %s: a picture of %d×%d is none".formatted(id, widthPx, heightPx));
        }
        if (pose.isPresent() && !scale.isSquare()) {
            throw new IllegalArgumentException(
                    "recipe %s: a part is found in square pixels only, these are %s × %s µm; have the encoder give a line every %s µm, or leave 'pose' out"
                            .formatted(id, scale.micrometresX(), scale.micrometresY(), scale.micrometresX()));
        }
        for (var region : regions.entrySet()) {
            Region place = region.getValue();
            if (place.right() > widthPx || place.bottom() > heightPx) {
                throw new IllegalArgumentException("recipe %s: region %s reaches to (%d, %d), the picture is %d×%d"
                        .formatted(id, region.getKey(), place.right(), place.bottom(), widthPx, heightPx));
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
        canonical
                .add(id)
                .add(version)
                .add(partNumber)
                .add(widthPx)
                .add(heightPx)
                .add(scale.micrometresX());
        canonical.add(pose.isPresent());
        pose.ifPresent(reference -> {
            canonical.add(reference.toleranceMm()).add(reference.toleranceDegrees());
            canonical.add(reference.features().size());
            for (var feature : reference.features()) {
                canonical.add(feature.name()).add(feature.centre()).add(feature.diameterMm());
            }
            canonical.add(reference.outline().isPresent());
            reference
                    .outline()
                    .ifPresent(outline -> canonical
                            .add(outline.centre())
                            .add(outline.widthMm())
                            .add(outline.heightMm()));
        });
        canonical.add(regions.size());
        new TreeMap<>(regions).forEach((name, region) -> canonical.add(name).add(region));
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
        if (scale.micrometresY() != scale.micrometresX()) { // nothing otherwise, as recipes were before
            canonical.add("line").add(scale.micrometresY());
        }
        quality.ifPresent(it -> canonical.add("quality").addAll(it.values()));
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
            prompt.regions().forEach(name -> canonical.add(region(name)));
        }
        canonical.shownAndThought(this);
        codes.forEach(code -> canonical.read(code).add(region(code.region())));
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
