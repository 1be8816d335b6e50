package goshawk.trtbuild.tensorrt;

import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * The kernels of the text's attention, loaded on the device for as long as the process lives. Any thread may launch them.
 */
final class AttentionKernels implements CachedAttention.Kernels {

    private final AttentionSizes sizes;
    private final int multiprocessors;
    private final Kernel prepare;
    private final Kernel attend;
    private final Optional<Kernel> attendMany;
    private final Kernel combine;
    private final ThreadLocal<Operands> operands = ThreadLocal.withInitial(Operands::new);

    AttentionKernels(AttentionSizes sizes, Kernel.Module module, boolean isHopper) {
        this.sizes = sizes;
        this.multiprocessors = Device.multiprocessors();
        this.prepare = module.kernel("prepare");
        this.attend = module.kernel("attend", AttentionLaunch.sharedBytes(sizes));
        this.attendMany = isHopper && sizes.hasMany()
                ? Optional.of(module.kernel("attendMany", AttentionLaunch.manySharedBytes()))
                : Optional.empty();
        this.combine = module.kernel("combine");
    }

    @Override
    public AttentionSizes sizes() {
        return sizes;
    }

    @Override
    public long workspaceBytes(int fewest, int most) {
        return AttentionLaunch.workspaceBytes(sizes, fewest, most);
    }

    @Override
    public void launch(int rows, int words, long inputs, boolean isScaled, long output, long workspace, long stream) {
        launch(rows, words, inputs, isScaled, output, workspace, stream, false);
    }

    /** Without a scale, each kernel beginning while the one before it still runs if {@code isChained}. */
    void launch(int rows, int words, long inputs, long output, long workspace, long stream, boolean isChained) {
        launch(rows, words, inputs, false, output, workspace, stream, isChained);
    }

    private void launch(
            int rows,
            int words,
            long inputs,
            boolean isScaled,
            long output,
            long workspace,
            long stream,
            boolean isChained) {
        AttentionLaunch launch = attendMany.isPresent()
                ? AttentionLaunch.onHopper(sizes, rows, multiprocessors)
                : AttentionLaunch.of(sizes, rows, multiprocessors);
        Operands own = operands.get();
        own.set(launch, words, inputs, isScaled, output, workspace);
        prepare.launch(launch.prepare(), own.prepare, stream, isChained);
        Kernel attending = launch.isMany() ? attendMany.orElseThrow() : attend;
        attending.launch(launch.attend(), own.attend, stream, isChained);
        if (launch.isCombined()) {
            combine.launch(launch.combine(), own.combine, stream, isChained);
        }
    }

    /** What one thread passes to the kernels. */
    private static final class Operands {

        private static final int ROTATED = 10;
        private static final int ATTENDED = 11;
        private static final int PARTIAL = 12;
        private static final int ROWS = 13;
        private static final int WORDS = 14;
        private static final int SPLITS = 15;
        private static final int DONE = 16;
        private static final int VALUES = 17;

        private final KernelOperands values = new KernelOperands(VALUES);
        private final PointerPointer<Pointer> prepare = values.list(
                AttentionInput.QUERY,
                AttentionInput.KEYS_AND_VALUES,
                AttentionInput.QUERY_NORM,
                AttentionInput.KEY_NORM,
                AttentionInput.COS,
                AttentionInput.SIN,
                AttentionInput.PLACES,
                AttentionInput.LAYER,
                ROTATED,
                DONE);

        /** Of both kernels that attend; the one of many has use for no more than rows. */
        private final PointerPointer<Pointer> attend = values.list(
                ROTATED,
                AttentionInput.SEES,
                WORDS,
                AttentionInput.PLACES,
                AttentionInput.LAYER,
                ATTENDED,
                AttentionInput.SCALE,
                ROWS,
                SPLITS,
                PARTIAL,
                DONE);

        private final PointerPointer<Pointer> combine =
                values.list(AttentionInput.PLACES, PARTIAL, ATTENDED, AttentionInput.SCALE, ROWS, SPLITS);

        void set(AttentionLaunch launch, int words, long inputs, boolean isScaled, long output, long workspace) {
            for (int i = 0; i <= AttentionInput.SCALE; i++) {
                boolean isThere = i < AttentionInput.SCALE || isScaled;
                values.set(i, isThere ? RawMemory.getLong(inputs, i) : 0);
            }
            values.set(ROTATED, workspace);
            values.set(ATTENDED, output);
            values.set(PARTIAL, workspace + launch.rotatedBytes());
            values.set(ROWS, launch.rows());
            values.set(WORDS, words);
            values.set(SPLITS, launch.splits());
            values.set(DONE, launch.isCombinedByLast() ? workspace + launch.doneFrom() : 0);
        }
    }
}
