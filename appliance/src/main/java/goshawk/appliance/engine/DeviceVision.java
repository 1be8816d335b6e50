package goshawk.appliance.engine;

import goshawk.trtbuild.ModelConfig;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.VisionTables;
import goshawk.trtbuild.tensorrt.DeviceMemory;
import goshawk.trtbuild.tensorrt.DeviceStream;
import goshawk.trtbuild.tensorrt.Execution;
import goshawk.trtbuild.tensorrt.PinnedMemory;
import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.SharedPages;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The vision tower, on a stream and in scratch memory of its own: a picture is seen while the text of the one before is
 * still decoded. Belongs to the model's thread.
 */
final class DeviceVision implements AutoCloseable {

    /** Pictures whose features are kept, each of the largest size. */
    private static final int PICTURES = 8;

    private final ModelConfig config;
    private final PlanLimits limits;
    private final int levels;
    private final DeviceStream stream = new DeviceStream();
    private final DeviceMemory scratch;
    private final Computations<Integer> computations;
    private final DeviceMemory pixels;
    private final DeviceInputs places;
    private final DevicePool pictures;
    private Optional<SharedPages> shared = Optional.empty();
    private boolean canShare = true;
    /** Of pixels that lie where the device cannot copy them. */
    private Optional<PinnedMemory> staged = Optional.empty();

    /** What the device knows the places of. */
    private Optional<Grid> told = Optional.empty();

    private record Grid(int frames, int rows, int columns) {}

    DeviceVision(Plan plan, ModelConfig config, PlanLimits limits) {
        this.config = config;
        this.limits = limits;
        this.levels = 1 + config.vision().taps().size();
        this.scratch = new DeviceMemory(plan.scratchBytes(0));
        this.computations = new Computations<>(() -> {
            Execution execution = plan.execution(0, stream);
            execution.scratch(scratch);
            return execution;
        });
        ModelConfig.Vision sizes = config.vision();
        this.pixels = new DeviceMemory(pixelBytes(limits.patches()));
        this.places = new DeviceInputs(
                limits.patches() * (4L * Long.BYTES + 4L * Short.BYTES + (long) Short.BYTES * sizes.headSize())
                        + 4 * DeviceInputs.ALIGNMENT);
        long most = PICTURES * featureBytes(tokens(limits.patches()));
        this.pictures = new DevicePool("pictures", most, most);
    }

    private long pixelBytes(long patches) {
        return Float.BYTES * patches * config.vision().patchSize();
    }

    private int tokens(int patches) {
        return patches / (config.vision().merge() * config.vision().merge());
    }

    private long featureBytes(long tokens) {
        return (long) Short.BYTES * levels * tokens * config.text().hidden();
    }

    /** {@code [1 + taps, tokens, hidden]}; there when the stream has come to {@code ready}. */
    final class Seen implements NativeModel.Features {

        private final DeviceMemory memory;
        private final int tokens;
        private final DeviceStream.Mark ready;

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

        /** Waits for what still writes. */
        @Override
        public void close() {
            ready.await();
            ready.close();
            pictures.give(memory);
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
        var grid = new Grid(frames, rows, columns);
        DeviceMemory memory = pictures.take(featureBytes((long) frames * merged), _ -> {});
        try {
            long bytes = pixelBytes(patches);
            for (int frame = 0; frame < frames; frame++) {
                MemorySegment own = reachable(pixels, frame * bytes, bytes);
                see(own, frame, grid, tables, memory);
            }
            return new Seen(memory, frames * merged, stream.mark());
        } catch (EngineException e) {
            stream.synchronize(); // frames before the refused one may still be on their way
            pictures.give(memory);
            throw e;
        }
    }

    /** One frame: its features are put where all frames' of the same level lie one behind the other. */
    private void see(MemorySegment frame, int index, Grid grid, VisionTables tables, DeviceMemory features) {
        int frames = grid.frames;
        int patches = grid.rows * grid.columns;
        Computation computation = computations.of(patches);
        Execution execution = computation.execution();
        execution.shape("pixel_values", patches, config.vision().patchSize());
        execution.address("pixel_values", pixels.address());
        if (frames > 1 || !told.equals(Optional.of(grid))) {
            stream.synchronize(); // the places of the picture before may still be needed
            tell(execution, tables, index, patches);
            told = Optional.of(grid);
        }
        stream.copyIn(pixels.address(), frame);
        try (DeviceStream.Mark copied = stream.mark()) {
            if (frames == 1) {
                execution.address("vision_features", features.address());
                computation.run(stream, List.of(features.address()));
            } else {
                int merged = tokens(patches);
                DeviceMemory one = pictures.take(featureBytes(merged), _ -> {});
                execution.address("vision_features", one.address());
                computation.run(stream, List.of(one.address()));
                put(stream, one.address(), merged, features.address(), (long) index * merged, (long) frames * merged);
                pictures.give(one); // whoever takes it next comes behind on this stream
            }
            copied.await();
        }
    }

    private void tell(Execution execution, VisionTables tables, int frame, int patches) {
        int half = config.vision().headSize() / 2;
        places.clear();
        long[] index = Arrays.copyOfRange(tables.index(), 4 * frame * patches, 4 * (frame + 1) * patches);
        places.longs(execution, "position_index", index, patches, 4);
        places.reals(execution, "position_weight", tables.weight(), 4 * frame * patches, 4 * patches, patches, 4, 1);
        places.reals(execution, "cos", tables.cos(), 0, patches * half, patches, half);
        places.reals(execution, "sin", tables.sin(), 0, patches * half, patches, half);
        places.send(stream);
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

    /** All pictures' features as one, on {@code stream}. */
    Seen joined(List<Seen> shown, DeviceStream stream) {
        int tokens = shown.stream().mapToInt(Seen::tokens).sum();
        DeviceMemory all = pictures.take(featureBytes(tokens), _ -> {});
        long at = 0;
        for (Seen one : shown) {
            one.before(stream);
            put(stream, one.address(), one.tokens, all.address(), at, tokens);
            at += one.tokens;
        }
        return new Seen(all, tokens, stream.mark());
    }

    /** Something in the place of a picture where there is none. */
    Seen none() {
        DeviceMemory memory = pictures.take(featureBytes(1), it -> stream.zero(it.address(), it.bytes()));
        return new Seen(memory, 1, stream.mark());
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
        List.of(scratch, pixels).forEach(DeviceMemory::close);
        places.close();
        stream.close();
    }
}
