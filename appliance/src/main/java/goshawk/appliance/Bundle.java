package goshawk.appliance;

import goshawk.trtbuild.Durable;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The part of Goshawk that the commands about engines and models need, for a machine that is reached through a narrow
 * door: at most 30 MiB. Jars without the native libraries of other platforms and of what is not used;
 * their content is not compressed, because the archive is, as a whole.
 *
 * @param libraries that go in, by the name of their jar
 * @param home folder with recipes and launcher
 */
record Bundle(Map<String, Path> libraries, Path home) {

    static final long MOST_BYTES = 30L << 20;

    private static final List<String> WANTED = List.of(
            "appliance",
            "camera",
            "trt-build",
            "picocli",
            "progressbar",
            "jline-terminal",
            "jline-native",
            "jackson-annotations",
            "jackson-core",
            "jackson-databind",
            "snakeyaml",
            "slf4j-api",
            "logback-classic",
            "logback-core",
            "javacpp",
            "cuda",
            "tensorrt",
            "opencv",
            "openblas",
            "onnxruntime",
            "tokenizers");

    /** A jar's name before its version. */
    private static final Pattern JAR = Pattern.compile("(.+?)-\\d.*\\.jar");

    private static final Pattern NATIVE =
            Pattern.compile("(.*/)?(native|linux-x86_64)/.+|.+\\.(so[.\\d]*|dll|dylib|jnilib)");

    /**
     * CUDA and TensorRT themselves are the machine's; of OpenCV what reads pictures and finds parts. A binding loads
     * those of all libraries under its own, whether it calls them or not.
     */
    private static final Pattern USED = Pattern.compile("""
            (.*/)?(\
            Linux/x86_64/libjlinenative|\
            linux-x64/libonnxruntime(4j_jni)?|\
            linux-x86_64/(cpu/libtokenizers|libjnijavacpp|\
            libjni(cudart|cublas|cudnn|nvrtc|nvinfer|nvinfer_plugin|nvonnxparser)|\
            lib(jni)?opencv_(core|imgproc|imgcodecs)|lib(jni)?openblas|libjniopenblas_nolapack|\
            libgfortran|libquadmath|libgcc_s)\
            )\\.so[.\\d]*""");

    /** What an archive unpacks to. */
    private static final String FOLDER = "goshawk";

    /** In every archive the same, so that equal content makes equal archives. */
    private static final LocalDateTime DATE = LocalDateTime.of(1980, 1, 1, 0, 0);

    /** Of the libraries that this process runs on. */
    static Bundle ofThisProcess() {
        return of(System.getProperty("java.class.path"), Home.path());
    }

    /** @throws CommandException when a library is not on the class path */
    static Bundle of(String classPath, Path home) {
        Map<String, Path> libraries = new LinkedHashMap<>();
        var missing = new ArrayList<>(WANTED);
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            Path path = Path.of(entry).toAbsolutePath().normalize();
            String name = name(path);
            if (WANTED.contains(name)) {
                missing.remove(name);
                libraries.put(Files.isDirectory(path) ? name + ".jar" : String.valueOf(path.getFileName()), path);
            }
        }
        if (!missing.isEmpty()) {
            throw new CommandException("the class path lacks %s; run ./goshawk build".formatted(missing));
        }
        return new Bundle(libraries, home);
    }

    /** Of a jar's library, or of the module whose classes a folder has; empty for anything else. */
    private static String name(Path entry) {
        if (entry.endsWith("target/classes") && entry.getNameCount() > 2) {
            return entry.getName(entry.getNameCount() - 3).toString();
        }
        Matcher jar = JAR.matcher(String.valueOf(entry.getFileName()));
        return jar.matches() ? jar.group(1) : "";
    }

    /**
     * Writes a {@code .tar.xz} with one folder, {@code goshawk}. Takes a minute, 200 MB of the temporary folder, and the
     * programs tar and xz.
     *
     * @throws CommandException when it cannot be written, or is larger than it may be; what was there before stays
     */
    void write(Path archive) {
        Path partial = archive.resolveSibling(archive.getFileName() + ".part");
        try {
            Path work = Files.createTempDirectory("goshawk-bundle");
            try {
                lay(work.resolve(FOLDER));
                pack(work, partial);
                if (Files.size(partial) > MOST_BYTES) {
                    throw new CommandException(
                            "the bundle has %d bytes, more than %d; leave out what the engine's commands do not need"
                                    .formatted(Files.size(partial), MOST_BYTES));
                }
                Files.move(partial, archive, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(partial);
                Durable.delete(work);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new CommandException("cannot write %s (%s); name a file that you may write".formatted(archive, e), e);
        }
    }

    private void lay(Path bundle) throws IOException {
        Path lib = Files.createDirectories(bundle.resolve("lib"));
        for (Map.Entry<String, Path> library : libraries.entrySet()) {
            copy(library.getValue(), lib.resolve(library.getKey()));
        }
        Path recipes = Files.createDirectory(bundle.resolve("recipes"));
        try (Stream<Path> files = Files.list(home.resolve("recipes"))) {
            for (Path file : files.toList()) {
                Files.copy(file, recipes.resolve(file.getFileName()));
            }
        }
        Files.copy(home.resolve("deploy/java.args"), bundle.resolve("java.args"));
        Files.copy(
                home.resolve("deploy/bundle/goshawk"), bundle.resolve("goshawk"), StandardCopyOption.COPY_ATTRIBUTES);
    }

    private static boolean isUsed(String name) {
        return !NATIVE.matcher(name).matches() || USED.matcher(name).matches();
    }

    /** @param library a jar, or a folder of classes */
    private static void copy(Path library, Path jar) throws IOException {
        try (var out = new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(jar)))) {
            out.setMethod(ZipOutputStream.STORED);
            if (Files.isDirectory(library)) {
                for (Map.Entry<String, Path> file : files(library).entrySet()) {
                    store(out, file.getKey(), Files.readAllBytes(file.getValue()));
                }
                return;
            }
            try (var in = new ZipFile(library.toFile())) {
                for (ZipEntry entry : Collections.list(in.entries())) {
                    if (!entry.isDirectory() && isUsed(entry.getName())) {
                        try (var content = in.getInputStream(entry)) {
                            store(out, entry.getName(), content.readAllBytes());
                        }
                    }
                }
            }
        }
    }

    private static SortedMap<String, Path> files(Path folder) throws IOException {
        SortedMap<String, Path> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            all.filter(Files::isRegularFile)
                    .forEach(file -> files.put(folder.relativize(file).toString(), file));
        }
        return files;
    }

    private static void store(ZipOutputStream out, String name, byte[] content) throws IOException {
        var crc = new CRC32();
        crc.update(content);
        var entry = new ZipEntry(name);
        entry.setTimeLocal(DATE);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(content);
        out.closeEntry();
    }

    private static void pack(Path work, Path archive) throws IOException {
        Files.write(archive, new byte[0]); // a folder that nobody may write to is told here, by its name
        var tar = new ProcessBuilder(
                        "tar",
                        "--create",
                        "--xz",
                        "--file=" + archive.toAbsolutePath(),
                        "--directory=" + work,
                        "--sort=name",
                        "--mtime=@0",
                        "--owner=0",
                        "--group=0",
                        "--numeric-owner",
                        FOLDER)
                .redirectErrorStream(true);
        Process packing = tar.start();
        try (var said = packing.inputReader()) {
            String words = String.join("; ", said.lines().toList());
            if (packing.waitFor() != 0) {
                throw new CommandException(
                        "tar failed (%s); does the disk have space, and is xz installed (apt-get install -y xz-utils)?"
                                .formatted(words));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted; nothing is written", e);
        } finally {
            packing.destroy();
        }
    }
}
