package goshawk.trtbuild;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Loads the native library of Hugging Face's tokenizers from its jar, once a process.
 *
 * <p>DJL's own loader looks for a GPU, keeps a copy in the user's home (a service has none) and would download a variant
 * that suits the GPU. The copy here lives from its writing to its loading.
 */
final class TokenizersLoader {

    private static boolean isLoaded;

    private TokenizersLoader() {}

    /** @throws CheckpointException when it cannot be loaded */
    static synchronized void ensureLoaded() {
        if (!isLoaded) {
            load();
            isLoaded = true;
        }
    }

    private static void load() {
        String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "aarch64" : "x86_64";
        String resource = "/native/lib/linux-%s/cpu/libtokenizers.so".formatted(architecture);
        boolean isLinux = System.getProperty("os.name", "").startsWith("Linux");
        try (InputStream library = isLinux ? LibUtils.class.getResourceAsStream(resource) : null) {
            if (library == null) {
                System.setProperty("RUST_FLAVOR", "cpu");
                System.setProperty("ai.djl.offline", "true");
                LibUtils.checkStatus();
                return;
            }
            Path copy = Files.createTempFile("goshawk-tokenizers", ".so");
            try {
                Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
                System.load(copy.toString());
            } finally {
                Files.delete(copy); // Linux keeps it for as long as it is mapped
            }
        } catch (IOException | LinkageError e) {
            throw new CheckpointException(
                    "the tokenizers' native library cannot be loaded: %s; check the temporary folder %s"
                            .formatted(e.getMessage(), System.getProperty("java.io.tmpdir")),
                    e);
        }
    }
}
