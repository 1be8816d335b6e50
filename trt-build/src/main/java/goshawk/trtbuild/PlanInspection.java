package goshawk.trtbuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which linear layers a TensorRT plan multiplies in FP8, by what its inspector tells. TensorRT merges and renames nodes; of each
 * kernel the metadata says which nodes of the ONNX graph went into it, and a linear layer's product bears the layer's name.
 *
 * <p>A linear layer is in FP8 when, in each optimisation profile that computes linear layers, a kernel that it went into takes an FP8 input,
 * and none that is a matrix product takes none. Kernels that only prepare or finish a product may do so in any type.
 *
 * @param fp8 linear layers that run FP8 kernels
 * @param others the others of those asked for, each with what runs instead, in words
 * @param kernels FP8 kernels, each counted once however many layers were merged into it
 */
public record PlanInspection(SortedSet<String> fp8, SortedMap<String, String> others, int kernels) {

    /** Between the names of two linear layers that are one node. */
    static final String AND = " + ";

    private static final Pattern NODE = Pattern.compile("\\[ONNX Layer: ([^\\]]*)]");
    private static final Pattern PROFILE = Pattern.compile("\\[profile (\\d+)]");
    private static final Pattern FP8 = Pattern.compile("fp8|e4m3");

    public PlanInspection {
        fp8 = new TreeSet<>(fp8);
        others = new TreeMap<>(others);
    }

    /** One layer of the plan: a kernel, or a copy. */
    private record Layer(String profile, Set<String> nodes, List<String> inputs, String type, String tactic) {

        boolean isFp8() {
            return inputs.stream().anyMatch(Layer::names);
        }

        private static boolean names(String type) {
            return FP8.matcher(type.toLowerCase(Locale.ROOT)).find();
        }

        boolean isProduct() {
            String words = (type + " " + tactic).toLowerCase(Locale.ROOT);
            return words.contains("gemm") || words.contains("gemv") || words.contains("matrixmultiply");
        }

        String words() {
            String kernel = tactic.isEmpty() ? type : tactic;
            return "%s takes %s"
                    .formatted(kernel, inputs.isEmpty() ? "nothing that is told" : String.join(", ", inputs));
        }
    }

    /**
     * @param json of {@code IEngineInspector.getEngineInformation(kJSON)}, for a plan built with detailed verbosity
     * @param linears names of the nodes of linear layers that are to be in FP8
     * @throws CheckpointException if that is no such JSON, or names layers and nothing else
     */
    public static PlanInspection of(String json, Collection<String> linears) {
        List<Layer> layers = layers(json);
        SortedSet<String> profiles = new TreeSet<>();
        layers.stream()
                .filter(layer -> linears.stream().anyMatch(layer.nodes()::contains))
                .forEach(layer -> profiles.add(layer.profile()));
        var fp8 = new TreeSet<String>();
        var others = new TreeMap<String, String>();
        for (String linear : new TreeSet<>(linears)) {
            List<Layer> own =
                    layers.stream().filter(it -> it.nodes().contains(linear)).toList();
            String instead = instead(own, profiles);
            if (instead.isEmpty()) {
                fp8.add(linear);
            } else {
                others.put(linear, instead);
            }
        }
        long kernels = layers.stream()
                .filter(layer -> layer.isFp8() && layer.nodes().stream().anyMatch(fp8::contains))
                .count();
        return new PlanInspection(fp8, others, Math.toIntExact(kernels));
    }

    /** One line for a person that says how many layers run no FP8 kernel, and what one of them runs; empty when all do. */
    public Optional<String> shortfall() {
        return others.isEmpty()
                ? Optional.empty()
                : Optional.of("%d of %d linear layers that are to be in FP8 run no FP8 kernel; of %s: %s"
                        .formatted(
                                others.size(),
                                others.size() + fp8.size(),
                                others.firstKey(),
                                others.get(others.firstKey())));
    }

    /** What runs in the place of FP8 kernels; empty where they run. */
    private static String instead(List<Layer> own, SortedSet<String> profiles) {
        if (own.isEmpty()) {
            return "no layer of the plan names it";
        }
        for (Layer layer : own) {
            if (layer.isProduct() && !layer.isFp8()) {
                return layer.words();
            }
        }
        for (String profile : profiles) {
            List<Layer> there =
                    own.stream().filter(it -> it.profile().equals(profile)).toList();
            if (there.isEmpty()) {
                return "no layer of optimisation profile %s names it".formatted(profile);
            }
            if (there.stream().noneMatch(Layer::isFp8)) {
                return there.getFirst().words();
            }
        }
        return "";
    }

    private static List<Layer> layers(String json) {
        JsonNode told;
        try {
            told = new ObjectMapper().readTree(json).path("Layers");
        } catch (IOException e) {
            throw new CheckpointException(unusable("it is no JSON"), e);
        }
        if (!told.isArray() || told.isEmpty()) {
            throw new CheckpointException(unusable("it has no layers"));
        }
        List<Layer> layers = new ArrayList<>();
        for (JsonNode layer : told) {
            if (!layer.isObject()) {
                throw new CheckpointException(unusable("it has names only"));
            }
            layers.add(layer(layer));
        }
        return layers;
    }

    private static Layer layer(JsonNode told) {
        Set<String> nodes = new HashSet<>();
        Matcher node = NODE.matcher(told.path("Metadata").asText());
        while (node.find()) {
            nodes.addAll(List.of(node.group(1).split(Pattern.quote(AND))));
        }
        List<String> inputs = new ArrayList<>();
        told.path("Inputs")
                .forEach(input -> inputs.add(input.path("Format/Datatype").asText("unknown")));
        Matcher profile = PROFILE.matcher(told.path("Name").asText());
        return new Layer(
                profile.find() ? profile.group(1) : "0",
                nodes,
                inputs,
                told.path("LayerType").asText(),
                told.path("TacticName").asText());
    }

    private static String unusable(String why) {
        return "what TensorRT's inspector tells of the plan is of no use (%s); build the plan with detailed profiling verbosity"
                .formatted(why);
    }
}
