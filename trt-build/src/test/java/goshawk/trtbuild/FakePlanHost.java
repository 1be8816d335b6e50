package goshawk.trtbuild;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** In the place of TensorRT: does what the folder that it is to write to is called, or waits. */
final class FakePlanHost {

    private static final String PID = "host.pid";

    private FakePlanHost() {}

    public static void main(String[] arguments) throws IOException {
        PlanWork work = PlanWork.of(List.of(arguments));
        PlanHost.serve(steps -> {
            switch (String.valueOf(work.into().getFileName())) {
                case "made" -> {
                    steps.at("choosing kernels", 0, 3);
                    System.out.println("what libraries print");
                    steps.at("choosing kernels", 0, 3);
                    steps.at("choosing kernels", 1, 3);
                    steps.at("writing", 1, 1);
                    return "cafe";
                }
                case "refused" -> throw new IllegalStateException("buildSerializedNetwork:\nno kernel fits");
                case "killed" -> kill("KILL");
                case "aborted" -> {
                    System.err.println("LLVM ERROR: out of memory");
                    kill("ABRT");
                }
                case "ended" -> Runtime.getRuntime().halt(7);
                default -> rest(work);
            }
            return "";
        });
    }

    private static void kill(String signal) throws IOException {
        new ProcessBuilder(
                        "kill",
                        "-s",
                        signal,
                        Long.toString(ProcessHandle.current().pid()))
                .start();
        sleep(Duration.ofMinutes(5));
    }

    private static void rest(PlanWork work) throws IOException {
        Path pid = work.timings().resolveSibling(PID);
        Files.writeString(
                pid.resolveSibling("pid"), Long.toString(ProcessHandle.current().pid()));
        Files.move(pid.resolveSibling("pid"), pid);
        sleep(Duration.ofMinutes(5));
    }

    /** @return its process, once it waits; its timings are to be in {@code folder} */
    static long waiting(Path folder) throws IOException {
        long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (System.nanoTime() < end) {
            try {
                return Long.parseLong(Files.readString(folder.resolve(PID)));
            } catch (NoSuchFileException _) {
                sleep(Duration.ofMillis(50));
            }
        }
        return fail("no process waits in %s", folder);
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
