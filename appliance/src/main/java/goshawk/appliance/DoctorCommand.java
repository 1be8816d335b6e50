package goshawk.appliance;

import goshawk.appliance.machine.Machine;
import goshawk.appliance.machine.MachineSource;
import goshawk.trtbuild.Checkpoint;
import goshawk.trtbuild.MemoryNeed;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;

@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "What this machine has, what will run a model on it and why, and what is to be installed.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:nothing is missing: the GPU can be used, or there is none",
            "1:something is to be installed or set; the page says what",
            "2:the model cannot be read"
        })
final class DoctorCommand implements Callable<Integer> {

    private static final int TO_DO = 1;

    @Option(names = "--model", description = "Hugging Face checkpoint folder that is to run (the nano checkpoint).")
    private Optional<Path> model = Optional.empty();

    @Override
    public Integer call() {
        Machine machine = Machine.read(MachineSource.local());
        String host = "%d cores, %s of memory free; %s %s, Java %s"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        MemoryNeed.words(MemoryNeed.freeBytes()),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch"),
                        Runtime.version().feature());
        Path folder = model.orElseGet(Home::checkpoint);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            DoctorPage.of(machine, host, checkpoint.name(), checkpoint.config()).forEach(System.out::println);
        }
        return machine.toDo().isEmpty() ? ExitCode.OK : TO_DO;
    }
}
