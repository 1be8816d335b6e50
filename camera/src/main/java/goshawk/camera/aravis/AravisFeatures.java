package goshawk.camera.aravis;

import goshawk.camera.CameraException;
import goshawk.camera.aravis.Feature.Access;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The features of one device: what they are, and setting them so that the camera really has the value. Not guarded. */
final class AravisFeatures {

    /** A number that is read back within this share of what was written is the camera's own rounding. */
    private static final double ROUNDING = 1e-3;

    /** What a command takes. */
    static final String EXECUTE = "execute";

    private final String camera;
    private final MemorySegment device;

    /** @param camera for messages */
    AravisFeatures(String camera, MemorySegment device) {
        this.camera = camera;
        this.device = device;
    }

    /** All that the camera shows, group by group. */
    List<Feature> all() {
        List<Feature> all = new ArrayList<>();
        Map<String, String> groups = new LinkedHashMap<>();
        collect("Root", groups);
        groups.forEach((feature, group) -> all.add(describe(group, feature, node(feature))));
        return List.copyOf(all);
    }

    /** @param groups of each feature, in the camera's order */
    private void collect(String group, Map<String, String> groups) {
        List<String> members =
                Aravis.feature(device, group).map(Aravis::members).orElse(List.of());
        for (String member : members) {
            Optional<MemorySegment> node = Aravis.feature(device, member).filter(_ -> !groups.containsKey(member));
            if (node.isPresent() && Aravis.isCategory(node.get())) {
                collect(member, groups);
            } else if (node.isPresent()) {
                groups.put(member, group);
            }
        }
    }

    Feature one(String feature) {
        return describe("", feature, node(feature));
    }

    /** True when the camera has it, and has it available now. */
    boolean has(String feature) {
        return Aravis.feature(device, feature)
                .map(node -> access(feature, node) != Access.NONE)
                .orElse(false);
    }

    Optional<String> value(String feature) {
        return Aravis.feature(device, feature).flatMap(node -> read(feature, node));
    }

    /** As {@link AravisCamera#apply} says, for one. */
    void set(String feature, String value) {
        MemorySegment node = node(feature);
        FeatureRange range = range(feature, node);
        Access access = access(feature, node);
        if (access == Access.READ || access == Access.NONE) {
            throw new CameraException("%s: %s cannot be set to %s, it is %s%s"
                    .formatted(
                            camera,
                            feature,
                            value,
                            access.words(),
                            read(feature, node).map(it -> " and is " + it).orElse("")));
        }
        switch (range) {
            case FeatureRange.Choice choice -> {
                require(choice.entries().contains(value), feature, value, range);
                Aravis.setText(device, feature, value);
            }
            case FeatureRange.Flag _ -> {
                require(value.equals("true") || value.equals("false"), feature, value, range);
                Aravis.setBoolean(device, feature, value.equals("true"));
            }
            case FeatureRange.Whole whole -> {
                Optional<Long> number = whole(value);
                require(number.filter(whole::holds).isPresent(), feature, value, range);
                Aravis.setInteger(device, feature, number.orElseThrow());
            }
            case FeatureRange.Real real -> {
                Optional<Double> number = real(value);
                require(number.filter(real::holds).isPresent(), feature, value, range);
                Aravis.setFloat(device, feature, number.orElseThrow());
            }
            case FeatureRange.Text _ -> Aravis.setText(device, feature, value);
            case FeatureRange.Command _ -> {
                require(value.equals(EXECUTE), feature, value, range);
                Aravis.execute(device, feature);
                return;
            }
        }
        if (access == Access.BOTH) {
            compare(feature, node, value, range);
        }
    }

    private void require(boolean isPossible, String feature, String value, FeatureRange range) {
        if (!isPossible) {
            throw new CameraException("%s: %s cannot be %s; it takes %s now".formatted(camera, feature, value, range));
        }
    }

    private void compare(String feature, MemorySegment node, String wanted, FeatureRange range) {
        String actual = read(feature, node).orElse("nothing");
        boolean isSame = switch (range) {
            case FeatureRange.Whole _ -> whole(actual).equals(whole(wanted));
            case FeatureRange.Real _ -> isNear(real(wanted), real(actual));
            default -> actual.equals(wanted);
        };
        if (!isSame) {
            throw new CameraException(
                    "%s: %s was set to %s and reads back as %s; it takes %s. Write the value that the camera keeps, or change what limits it"
                            .formatted(camera, feature, wanted, actual, range(feature, node)));
        }
    }

    private static boolean isNear(Optional<Double> wanted, Optional<Double> actual) {
        return wanted.isPresent()
                && actual.isPresent()
                && Math.abs(wanted.get() - actual.get()) <= ROUNDING * Math.abs(wanted.get());
    }

    private static Optional<Long> whole(String text) {
        try {
            return Optional.of(text.startsWith("0x") ? Long.parseLong(text.substring(2), 16) : Long.parseLong(text));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Double> real(String text) {
        try {
            return Optional.of(Double.valueOf(text));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private Feature describe(String category, String feature, MemorySegment node) {
        return new Feature(
                category,
                feature,
                access(feature, node),
                read(feature, node),
                range(feature, node),
                Aravis.description(node));
    }

    private Optional<String> read(String feature, MemorySegment node) {
        Access access = access(feature, node);
        if (Aravis.isCommand(node) || access == Access.NONE || access == Access.WRITE) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    isReal(node) ? Double.toString(Aravis.floatValue(device, feature)) : Aravis.value(node, feature));
        } catch (CameraException e) {
            return Optional.empty(); // a register behind it cannot be read now
        }
    }

    private static Access access(String feature, MemorySegment node) {
        if (!Aravis.isAvailable(node, feature)) {
            return Access.NONE;
        }
        return switch (Aravis.accessMode(node)) {
            case 0 -> Access.READ;
            case 1 -> Access.WRITE;
            case 2 -> Access.BOTH;
            default -> Access.NONE;
        };
    }

    /** An enumeration is an integer too, and some integers are floats: in this order. */
    private FeatureRange range(String feature, MemorySegment node) {
        if (Aravis.isCommand(node)) {
            return new FeatureRange.Command();
        } else if (Aravis.isEnumeration(node)) {
            return new FeatureRange.Choice(Aravis.choices(device, feature));
        } else if (Aravis.isBoolean(node)) {
            return new FeatureRange.Flag();
        } else if (Aravis.isInteger(node)) {
            return wholeRange(feature);
        } else if (isReal(node)) {
            return Aravis.floatRange(device, feature);
        }
        return new FeatureRange.Text();
    }

    /** An expression has no bounds, and asking for them is an error of its own. */
    private FeatureRange wholeRange(String feature) {
        try {
            return Aravis.integerRange(device, feature);
        } catch (CameraException e) {
            return new FeatureRange.Whole(Long.MIN_VALUE, Long.MAX_VALUE, 1);
        }
    }

    private static boolean isReal(MemorySegment node) {
        return !Aravis.isInteger(node) && Aravis.isFloat(node);
    }

    private MemorySegment node(String feature) {
        MemorySegment node = Aravis.feature(device, feature)
                .orElseThrow(() ->
                        new CameraException("%s has no feature %s; %s".formatted(camera, feature, similar(feature))));
        if (Aravis.isCategory(node)) {
            throw new CameraException("%s: %s is a group of features; ./goshawk camera show lists what is in it"
                    .formatted(camera, feature));
        }
        return node;
    }

    private String similar(String wanted) {
        Map<String, String> groups = new LinkedHashMap<>();
        collect("Root", groups);
        List<String> near = groups.keySet().stream()
                .sorted(Comparator.comparingInt(it -> distance(wanted, it)))
                .limit(3)
                .toList();
        return near.isEmpty()
                ? "its description names none at all"
                : "similar ones are %s; ./goshawk camera show lists all".formatted(String.join(", ", near));
    }

    /** Letters to change, whatever their case. A name that begins like the other is near. */
    private static int distance(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        if (a.startsWith(b) || b.startsWith(a)) {
            return 1;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
