package goshawk.appliance.engine.process;

import goshawk.appliance.engine.EngineIdentity;
import goshawk.appliance.engine.FaultyModel;
import goshawk.appliance.engine.FaultyModel.Fault;
import goshawk.appliance.engine.NativeEngine;
import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.MemoryNeed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * The program of an engine process whose native layer fails as a file says, {@code CALL FAULT}: at the next such call and
 * none other. Arguments: the folder of shared memories, the engine folder, that file, the milliseconds that are slow.
 */
public final class FaultyHost {

    private FaultyHost() {}

    public static void main(String[] arguments) {
        EngineHost.serve(Path.of(arguments[0]), () -> {
            EngineFolder folder = EngineFolder.open(Path.of(arguments[1]));
            Path plan = Path.of(arguments[2]);
            return NativeEngine.open(
                    folder,
                    new EngineIdentity("faulty", folder.hash(), "none", "none"),
                    MemoryNeed.Target.GPU_BF16,
                    _ -> new FaultyModel(call -> next(plan, call), Integer.parseInt(arguments[3])),
                    OptionalInt.empty());
        });
    }

    /** The file is read at each call, so that a test can change its mind; a fault happens once. */
    private static Fault next(Path plan, String call) {
        try {
            String planned = Files.readString(plan);
            if (!planned.startsWith(call + " ")) {
                return Fault.NONE;
            }
            Files.writeString(plan, "");
            return Fault.valueOf(planned.substring(call.length() + 1));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
