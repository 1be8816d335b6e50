package goshawk.appliance.evaluate;

import goshawk.appliance.domain.GoldenSet;
import goshawk.appliance.domain.GoldenSet.Source;
import goshawk.camera.PartFiles;
import goshawk.trtbuild.Fingerprints;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a golden set is, beyond what its recipe says of it: of a folder, its truth and the pictures that the truth names. A
 * verification holds for these alone.
 */
public final class GoldenHash {

    private GoldenHash() {}

    /**
     * SHA-256 in hexadecimal; empty for simulated parts, of which the recipe says everything. A picture that is gone is
     * another set, not an error: only who judges the set needs all of it.
     *
     * @param views of the recipe, by name
     * @param memory folder in which pictures' hashes are remembered, so that only what has changed is read again
     */
    public static String of(GoldenSet set, List<String> views, Path memory) {
        return switch (set.source()) {
            case Source.Rendered _ -> "";
            case Source.Folder(var _, var folder) -> of(folder, views, new Fingerprints(memory));
        };
    }

    private static String of(Path folder, List<String> views, Fingerprints fingerprints) {
        List<Path> files = new ArrayList<>();
        Path truth = folder.resolve(GoldenParts.TRUTH);
        files.add(truth);
        files.addAll(pictures(folder, truth, views));
        var digest = digest();
        fingerprints
                .sha256(files)
                .forEach((file, hash) -> add(digest, folder.relativize(file).toString(), hash));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static List<Path> pictures(Path folder, Path truth, List<String> views) {
        try {
            return TruthFile.read(truth).keySet().stream()
                    .flatMap(name -> PartFiles.of(folder.resolve(name), views).files().values().stream())
                    .toList();
        } catch (EvaluationException e) {
            return List.of(); // the hash of the truth itself says that it is another
        }
    }

    private static void add(MessageDigest digest, String name, Optional<String> sha256) {
        digest.update("%d %s %s\n"
                .formatted(name.length(), name, sha256.orElse("none"))
                .getBytes(StandardCharsets.UTF_8));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
