package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which modules an {@code adapter_config.json} changes and how strongly, by PEFT's own rules: a list names the ends of
 * module names, a text is a pattern for whole names, and the first pattern that fits the end of a name sets another rank
 * or alpha for it.
 */
final class AdapterTargets {

    private static final String ALL_LINEAR = "all-linear";
    private static final String HEAD = "lm_head";
    private static final Pattern FIRST_INDEX = Pattern.compile(".*?\\.[^.]*\\.(\\d+)\\..*");

    /** Settings that change nothing of what an adapter means once it is trained. */
    private static final Set<String> HARMLESS = Set.of(
            "auto_mapping",
            "base_model_name_or_path",
            "ensure_weight_tying",
            "eva_config",
            "inference_mode",
            "lora_dropout",
            "megatron_config",
            "megatron_core",
            "peft_version",
            "qalora_group_size",
            "revision",
            "runtime_config",
            "task_type");

    private static final Set<String> READ = Set.of(
            "alpha_pattern",
            "bias",
            "exclude_modules",
            "init_lora_weights",
            "layers_pattern",
            "layers_to_transform",
            "lora_alpha",
            "peft_type",
            "r",
            "rank_pattern",
            "target_modules",
            "use_rslora");

    /** Ways to begin that leave the base as it is; others change it, and the adapter fits only the changed one. */
    private static final Set<String> PLAIN_BEGINNINGS = Set.of("true", "false", "gaussian", "eva", "orthogonal");

    private final JsonNode config;
    private final Predicate<String> targeted;
    private final Predicate<String> excluded;
    private final Predicate<String> inLayers;

    private AdapterTargets(JsonNode config) {
        this.config = config;
        this.targeted = names(config.path("target_modules"), "target_modules");
        this.excluded = names(config.path("exclude_modules"), "exclude_modules");
        this.inLayers = layers(config.path("layers_to_transform"), config.path("layers_pattern"));
    }

    /**
     * @param where for messages
     * @throws CheckpointException naming the setting that cannot be merged
     */
    static AdapterTargets of(JsonNode config, Object where) {
        try {
            refuseWhatCannotBeMerged(config);
            return new AdapterTargets(config);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException("%s: %s".formatted(where, e.getMessage()), e);
        }
    }

    private static void refuseWhatCannotBeMerged(JsonNode config) {
        require(
                config.path("peft_type").asText().equals("LORA"),
                "peft_type is '%s', want LORA"
                        .formatted(config.path("peft_type").asText()));
        require(
                isNothing(config.path("modules_to_save")),
                "modules_to_save has %s: whole layers are not merged, train without it"
                        .formatted(config.path("modules_to_save")));
        require(
                config.path("bias").asText("none").equals("none"),
                "bias is '%s': biases are not merged, train with bias none"
                        .formatted(config.path("bias").asText()));
        String beginning = config.path("init_lora_weights").asText("true");
        require(
                PLAIN_BEGINNINGS.contains(beginning),
                "init_lora_weights '%s' changed the base: let PEFT convert the adapter when it saves it"
                        .formatted(beginning));
        for (Map.Entry<String, JsonNode> setting : config.properties()) {
            String name = setting.getKey();
            boolean isKnown = HARMLESS.contains(name) || READ.contains(name) || name.equals("modules_to_save");
            // What is off says nothing, whatever it is called: PEFT writes every setting that it has.
            require(
                    isKnown || isNothing(setting.getValue()),
                    "%s is %s: such adapters cannot be merged, train a plain LoRA".formatted(name, setting.getValue()));
        }
    }

    private static boolean isNothing(JsonNode value) {
        return value.isMissingNode()
                || value.isNull()
                || (value.isBoolean() && !value.asBoolean())
                || (value.isContainerNode() && value.isEmpty());
    }

    /** @param module as the adapter names it, for example {@code model.language_model.layers.0.mlp.up_proj} */
    boolean contain(String module) {
        return targeted.test(module) && !excluded.test(module) && inLayers.test(module);
    }

    /** Rows of A and columns of B. */
    int rank(String module) {
        return matching("rank_pattern", module, config.path("r")).asInt();
    }

    /** What the product of B and A is multiplied with. */
    double scale(String module) {
        double alpha =
                matching("alpha_pattern", module, config.path("lora_alpha")).asDouble();
        int rank = rank(module);
        return config.path("use_rslora").asBoolean() ? alpha / Math.sqrt(rank) : alpha / rank;
    }

    private JsonNode matching(String patterns, String module, JsonNode otherwise) {
        for (Map.Entry<String, JsonNode> pattern : config.path(patterns).properties()) {
            if (pattern("(?:.*\\.)?(?:" + pattern.getKey() + ")", patterns)
                    .matcher(module)
                    .matches()) {
                return pattern.getValue();
            }
        }
        return otherwise;
    }

    private static Predicate<String> names(JsonNode written, String setting) {
        if (written.isTextual() && written.asText().equals(ALL_LINEAR)) {
            return module -> !module.endsWith(HEAD);
        }
        if (written.isTextual()) {
            return pattern(written.asText(), setting).asMatchPredicate();
        }
        List<String> ends = texts(written);
        return module -> ends.stream().anyMatch(end -> module.equals(end) || module.endsWith("." + end));
    }

    private static Predicate<String> layers(JsonNode indices, JsonNode patterns) {
        if (isNothing(indices)) {
            return _ -> true;
        }
        List<String> wanted = texts(indices);
        List<Pattern> places = new ArrayList<>();
        texts(patterns)
                .forEach(name ->
                        places.add(pattern("(?:^|.*?\\.)(?:" + name + ")\\.(?<index>\\d+)\\..*", "layers_pattern")));
        return module -> {
            List<Pattern> tried = places.isEmpty() ? List.of(FIRST_INDEX) : places;
            return tried.stream()
                    .map(place -> place.matcher(module))
                    .filter(Matcher::matches)
                    .findFirst()
                    .filter(found -> wanted.contains(places.isEmpty() ? found.group(1) : found.group("index")))
                    .isPresent();
        };
    }

    /** One text or a list of them, or numbers as text. */
    private static List<String> texts(JsonNode written) {
        List<String> found = new ArrayList<>();
        if (written.isArray()) {
            written.forEach(value -> found.add(value.asText()));
        } else if (!isNothing(written)) {
            found.add(written.asText());
        }
        return found;
    }

    private static Pattern pattern(String python, String setting) {
        try {
            return Pattern.compile(python.replace("(?P<", "(?<"));
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "%s: the pattern '%s' cannot be read (%s); write it without Python's own syntax"
                            .formatted(setting, python, e.getDescription()),
                    e);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
