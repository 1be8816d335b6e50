package goshawk.appliance.engine;

import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.VisionTables;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Executable;
import goshawk.trtbuild.tensorrt.PinnedMemory;
import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.SharedPages;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The vision tower. In a workplace of its own, a picture is seen while the text of the one before is still decoded. Belongs to the model's thread.
 */
final class DeviceVision implements AutoCloseable {

    /** Pictures whose features are kept, each of the largest size. */
    private static final int PICTURES = 8;

    private final ModelConfig config;
    private final PlanLimits limits;
    private final int levels;
    private final DeviceStream stream;
    private final Computations<Integer> computations;
    private final DeviceMemory pixels;
    private final DevicePool pictures;
    private Optional<SharedPages> shared = Optional.empty();
    private boolean canShare = true;
    /** Of pixels that lie where the device cannot copy them. */
    private Optional<PinnedMemory> staged = Optional.empty();

    /** @param frame its number, and how many there are */
    private record Place(int frame, int frames, int rows, int columns) {

        int patches() {
            return rows * columns;
        }
    }

    DeviceVision(Plan plan, Workplace place, ModelConfig config, PlanLimits limits) {
        this.config = config;
        this.limits = limits;
        this.levels = 1 + config.vision().taps().size();
        this.stream = place.stream();
        this.computations = new Computations<>(() -> place.execution(plan, 0), this::placeBytes);
        this.pixels = new DeviceMemory(pixelBytes(limits.patches()));
        long most = PICTURES * featureBytes(tokens(limits.patches()));
        this.pictures = new DevicePool("pictures", most, most);
    }

    static long scratchBytes(Plan plan) {
        return plan.scratchBytes(0);
    }

    private long pixelBytes(long patches) {
        return Float.BYTES * patches * config.vision().patchSize();
    }

    private long placeBytes(int patches) {
        return patches
                        * (4L * Long.BYTES
                                + 4L * Short.BYTES
                                + (long) Short.BYTES * config.vision().headSize())
                + 4 * DeviceMemory.ALIGNMENT;
    }

    private int tokens(int patches) {
        return patches / (config.vision().merge() * config.vision().merge());
    }

    private long featureBytes(long tokens) {
        return (long) Short.BYTES * levels * tokens * config.text().hidden();
    }

    /** {@code [1 + taps, tokens, hidden]}; there when the stream has come to {@code ready}, and needed until another has come to {@code read}. */
    final class Seen implements NativeModel.Features {

        private final DeviceMemory memory;
        private final int tokens;
        private final DeviceStream.Mark ready;
        private Optional<DeviceStream.Mark> read = Optional.empty();

        private Seen(DeviceMemory memory, int tokens, DeviceStream.Mark ready) {
            this.memory = memory;
            this.tokens = tokens;
            this.ready = ready;
        }

        int tokens() {
            return tokens;
        }

        long address() {
            return memory.address();
        }

        /** What comes on {@code stream} now begins when these are there. */
        void before(DeviceStream stream) {
            stream.after(ready);
        }

        /** What came on {@code stream} so far reads these. */
        void after(DeviceStream stream) {
            read.ifPresent(DeviceStream.Mark::close);
            read = Optional.of(stream.mark());
        }

        /** Waits for what still writes or reads. */
        @Override
        public void close() {
            TensorRtModel.guarded(() -> {
                ended(ready);
                read.ifPresent(this::ended);
                pictures.give(memory);
                return true;
            });
        }

        private void ended(DeviceStream.Mark mark) {
            mark.await();
            mark.close();
        }
    }

    /** Returns when the pixels are on the device; what is seen comes later. */
    Seen see(MemorySegment pixels, int frames, int rows, int columns, VisionTables tables) {
        int patches = rows * columns;
        if (patches > limits.patches()) {
            throw new EngineException("see: %,d patches, the engine was built for %,d; show a smaller picture"
                    .formatted(patches, limits.patches()));
        }
        int merged = tokens(patches);
        DeviceMemory memory = pictures.take(featureBytes((long) frames * merged));
        try {
            long bytes = pixelBytes(patches);
            for (int frame = 0; frame < frames; frame++) {
                MemorySegment own = reachable(pixels, frame * bytes, bytes);
                see(own, new Place(frame, frames, rows, columns), tables, memory);
            }
            return new Seen(memory, frames * merged, stream.mark());
        } catch (EngineException e) {
            stream.synchronize(); // frames before the refused one may still be on their way
            pictures.give(memory);
            throw e;
        }
    }

    /** One frame: its features are put where all frames' of the same level lie one behind the other. */
    private void see(MemorySegment frame, Place place, VisionTables tables, DeviceMemory features) {
        int patches = place.patches();
        Computation computation = computations.of(patches);
        Executable execution = computation.execution();
        execution.shape("pixel_values", patches, config.vision().patchSize());
        execution.address("pixel_values", pixels.address());
        tell(computation, tables, place);
        stream.copyIn(pixels.address(), frame);
        try (DeviceStream.Mark copied = stream.mark()) {
            if (place.frames == 1) {
                execution.address("vision_features", features.address());
                computation.run(stream, features.address());
            } else {
                int merged = tokens(patches);
                long at = (long) place.frame * merged;
                DeviceMemory one = pictures.take(featureBytes(merged));
                execution.address("vision_features", one.address());
                computation.run(stream, one.address());
                put(stream, one.address(), merged, features.address(), at, (long) place.frames * merged);
                pictures.give(one); // whoever takes it next comes behind on this stream
            }
            copied.await();
        }
    }

    private void tell(Computation computation, VisionTables tables, Place place) {
        Executable execution = computation.execution();
        DeviceInputs inputs = computation.inputs();
        int patches = place.patches();
        int half = config.vision().headSize() / 2;
        int from = 4 * place.frame * patches;
        int to = from + 4 * patches;
        inputs.longs(execution, "position_index", place, Arrays.copyOfRange(tables.index(), from, to), patches, 4);
        inputs.reals(execution, "position_weight", place, Arrays.copyOfRange(tables.weight(), from, to), patches, 4, 1);
        inputs.reals(execution, "cos", place, tables.cos(), patches, half);
        inputs.reals(execution, "sin", place, tables.sin(), patches, half);
        inputs.send(stream);
    }

    /** Some of the pixels where the device copies them without help: where they are, if that can be, or in a copy. */
    private MemorySegment reachable(MemorySegment all, long from, long bytes) {
        MemorySegment frame = all.asSlice(from, bytes);
        if (frame.isNative() && canShare) {
            if (shared.filter(pages -> pages.hold(frame)).isEmpty()) {
                shared.ifPresent(SharedPages::close);
                shared = SharedPages.of(all);
                canShare = shared.isPresent();
            }
            if (canShare) {
                return frame;
            }
        }
        PinnedMemory copy = staged.orElseGet(() -> new PinnedMemory(pixelBytes(limits.patches())));
        staged = Optional.of(copy);
        return copy.segment().asSlice(0, frame.byteSize()).copyFrom(frame);
    }

    /** All pictures' features as one, on {@code reader}. */
    Seen joined(List<Seen> shown, DeviceStream reader) {
        int tokens = shown.stream().mapToInt(Seen::tokens).sum();
        DeviceMemory all = pictures.take(featureBytes(tokens));
        // Which may be what a film's frame was put in, and our own stream still reads it.
        try (DeviceStream.Mark mark = stream.mark()) {
            reader.after(mark);
        }
        long at = 0;
        for (Seen one : shown) {
            one.before(reader);
            put(reader, one.address(), one.tokens, all.address(), at, tokens);
            one.after(reader);
            at += one.tokens;
        }
        return new Seen(all, tokens, reader.mark());
    }

    /** Copies features of {@code tokens} tokens to row {@code at} of each level of others, which have {@code all}. */
    private void put(DeviceStream stream, long from, long tokens, long to, long at, long all) {
        long row = (long) Short.BYTES * config.text().hidden();
        stream.copy(to + at * row, all * row, from, tokens * row, tokens * row, levels);
    }

    /** The plan and its contexts stay: they live as long as the process. */
    @Override
    public void close() {
        stream.synchronize();
        computations.close();
        pictures.close();
        shared.ifPresent(SharedPages::close);
        staged.ifPresent(PinnedMemory::close);
        pixels.close();
    }
}
