package goshawk.appliance;

import java.nio.file.Path;

/** The folder that Goshawk is installed in: where its recipes, its nano checkpoint and, unless told, its data are. */
final class Home {

    private Home() {}

    /** The checkpoint that is shipped. */
    static Path checkpoint() {
        return path().resolve("trt-build/nano/checkpoint");
    }

    static Path path() {
        Path home = Path.of(System.getProperty("goshawk.home", ""));
        Path here = Path.of("").toAbsolutePath();
        // Short paths in messages where people stand in the folder anyway.
        return home.equals(here) ? Path.of("") : home;
    }
}
