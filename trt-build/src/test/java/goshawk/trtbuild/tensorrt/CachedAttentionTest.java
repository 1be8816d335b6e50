package goshawk.trtbuild.tensorrt;

import static goshawk.trtbuild.tensorrt.OperatorCalls.CAPABILITY;
import static goshawk.trtbuild.tensorrt.OperatorCalls.CLONE;
import static goshawk.trtbuild.tensorrt.OperatorCalls.CONFIGURE;
import static goshawk.trtbuild.tensorrt.OperatorCalls.ENQUEUE;
import static goshawk.trtbuild.tensorrt.OperatorCalls.NOTHING;
import static goshawk.trtbuild.tensorrt.OperatorCalls.OK;
import static goshawk.trtbuild.tensorrt.OperatorCalls.OUTPUT_COUNT;
import static goshawk.trtbuild.tensorrt.OperatorCalls.OUTPUT_SHAPES;
import static goshawk.trtbuild.tensorrt.OperatorCalls.OUTPUT_TYPES;
import static goshawk.trtbuild.tensorrt.OperatorCalls.SHAPE_CHANGE;
import static goshawk.trtbuild.tensorrt.OperatorCalls.SUPPORTS;
import static goshawk.trtbuild.tensorrt.OperatorCalls.WORKSPACE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CachedAttentionTest {

    private static final AttentionSizes SIZES = new AttentionSizes(32, 8, 128, 1e-6f);
    private static final int MULTIPROCESSORS = 132;
    private static final int INPUTS = 9;
    private static final int TENSORS = 10;
    private final Arena arena = Arena.ofConfined();
    private final List<String> launched = new ArrayList<>();
    private Runnable before = () -> {};
    private final OperatorCalls calls = new OperatorCalls(
            new CachedAttention(new CachedAttention.Kernels() {
                @Override
                public AttentionSizes sizes() {
                    return SIZES;
                }

                @Override
                public long workspaceBytes(int fewest, int most) {
                    return AttentionLaunch.workspaceBytes(SIZES, fewest, most, MULTIPROCESSORS);
                }

                @Override
                public void launch(
                        int rows, int words, long inputs, boolean isScaled, long output, long workspace, long stream) {
                    before.run();
                    launched.add("%d %d %x..%x%s %x %x %x"
                            .formatted(
                                    rows,
                                    words,
                                    RawMemory.getLong(inputs),
                                    RawMemory.getLong(inputs + (INPUTS - 1) * Long.BYTES),
                                    isScaled ? " scaled" : "",
                                    output,
                                    workspace,
                                    stream));
                }
            }),
            arena);
    private final Calls creator = calls.creator;
    private final Calls plugin = calls.plugin;
    private final Calls core = calls.core;
    private final Calls build = calls.build;
    private final Calls runtime = calls.runtime;

    @BeforeEach
    void nothingIsSaid() {
        LastErrors.said();
    }

    @AfterEach
    void over() {
        arena.close();
    }

    /** Tensors as the graph has them, with a profile's rows. */
    private final class Tensors {

        private final MemorySegment dynamic = arena.allocate(TENSORS * 304L, 8);

        /** @param rows -1 where they are not known */
        Tensors(long rows, long smallest, long largest) {
            int[] types = {7, 7, 7, 7, 0, 0, 3, 3, 3, 7};
            for (int i = 0; i < TENSORS; i++) {
                shape(i, 0, sizes(i, rows));
                shape(i, 88, sizes(i, smallest));
                shape(i, 160, sizes(i, largest));
                shape(i, 232, sizes(i, largest));
                type(i, types[i]);
            }
        }

        private static long[] sizes(int tensor, long rows) {
            return switch (tensor) {
                case 0, 9 -> new long[] {rows, 4096};
                case 1 -> new long[] {rows, 2 * 1024};
                case 2, 3 -> new long[] {128};
                case 4, 5 -> new long[] {rows, 64};
                case 6 -> new long[] {rows, rows < 0 ? -1 : (rows + 31) / 32};
                case 7 -> new long[] {20};
                default -> new long[] {1};
            };
        }

        private void shape(int tensor, long offset, long... sizes) {
            long at = tensor * 304L + offset;
            dynamic.set(ValueLayout.JAVA_INT, at, sizes.length);
            for (int i = 0; i < sizes.length; i++) {
                dynamic.set(ValueLayout.JAVA_LONG, at + 8 + i * 8L, sizes[i]);
            }
        }

        Tensors with(int tensor, long... sizes) {
            shape(tensor, 0, sizes);
            return this;
        }

        Tensors type(int tensor, int type) {
            dynamic.set(ValueLayout.JAVA_INT, tensor * 304L + 72, type);
            return this;
        }

        Tensors format(int tensor, int format) {
            dynamic.set(ValueLayout.JAVA_INT, tensor * 304L + 76, format);
            return this;
        }

        MemorySegment outputs() {
            return dynamic.asSlice(INPUTS * 304L);
        }

        /** Without the profile. */
        MemorySegment plain() {
            MemorySegment plain = arena.allocate(TENSORS * 88L, 8);
            for (int i = 0; i < TENSORS; i++) {
                MemorySegment.copy(dynamic, i * 304L, plain, i * 88L, 88);
            }
            return plain;
        }

        int configured() {
            return build.toInt(CONFIGURE, dynamic, INPUTS, outputs(), 1);
        }

        int shapeChange() {
            MemorySegment plain = plain();
            return runtime.toInt(SHAPE_CHANGE, plain, INPUTS, plain.asSlice(INPUTS * 88L), 1);
        }

        int enqueued() {
            MemorySegment plain = plain();
            MemorySegment inputs = arena.allocate(ValueLayout.JAVA_LONG, INPUTS);
            for (int i = 0; i < INPUTS; i++) {
                inputs.setAtIndex(ValueLayout.JAVA_LONG, i, 0xA0 + i);
            }
            return runtime.toInt(
                    ENQUEUE,
                    plain,
                    plain.asSlice(INPUTS * 88L),
                    inputs,
                    arena.allocateFrom(ValueLayout.JAVA_LONG, 0xB0),
                    0xC0L,
                    0xD0L);
        }

        long workspace() {
            return build.toLong(WORKSPACE, dynamic, INPUTS, outputs(), 1);
        }

        boolean isSupported(int tensor) {
            return build.toBoolean(SUPPORTS, tensor, dynamic, INPUTS, 1);
        }
    }

    @Test
    void everyPartSaysWhatItIs() {
        assertThat(creator.kind()).isEqualTo("0 PLUGIN CREATOR_V3ONE 1.0");
        assertThat(plugin.kind()).isEqualTo("0 PLUGIN 1.0");
        assertThat(core.kind()).isEqualTo("0 PLUGIN_V3ONE_CORE 1.0");
        assertThat(build.kind()).isEqualTo("0 PLUGIN_V3ONE_BUILD 1.0");
        assertThat(runtime.kind()).isEqualTo("0 PLUGIN_V3ONE_RUNTIME 1.0");
        assertThat(plugin.toLong(CAPABILITY, 3)).as("there is no such part").isZero();
    }

    @Test
    void creatorAndOperatorHaveTheNameOfTheNode() {
        assertThat(List.of(creator.toText(2), creator.toText(3), creator.toText(4)))
                .containsExactly("CachedAttention", "1", "");
        assertThat(List.of(core.toText(0), core.toText(1), core.toText(2))).containsExactly("CachedAttention", "1", "");
    }

    @Test
    void thereAreNoAttributesAndNothingIsStored() {
        for (long fields : new long[] {creator.toLong(1), runtime.toLong(4)}) {
            assertThat(RawMemory.getInt(fields)).isZero();
        }
    }

    @Test
    void aCloneIsAnObjectOfItsOwnThatDoesTheSame() {
        Calls clone = plugin.toObject(CLONE);
        Calls attached = runtime.toObject(3, NOTHING);
        assertThat(List.of(clone.object(), attached.object()))
                .doesNotHaveDuplicates()
                .doesNotContain(plugin.object());
        clone.destroy();
        plugin.destroy();
        assertThat(attached.toObject(CAPABILITY, 2).kind()).isEqualTo(runtime.kind());
        assertThat(new Tensors(40, 40, 40).enqueued()).isEqualTo(OK);
    }

    @Test
    void oneOutputIsLikeTheQuery() {
        assertThat(build.toInt(OUTPUT_COUNT)).isEqualTo(1);
        MemorySegment shapes = arena.allocate(INPUTS * 72L, 8);
        shapes.set(ValueLayout.JAVA_INT, 0, 2);
        shapes.set(ValueLayout.JAVA_LONG, 8, 0xE1);
        shapes.set(ValueLayout.JAVA_LONG, 16, 0xE2);
        MemorySegment output = arena.allocate(72, 8);
        assertThat(build.toInt(OUTPUT_SHAPES, shapes, INPUTS, NOTHING, 0, output, 1, NOTHING))
                .isEqualTo(OK);
        assertThat(output.mismatch(shapes.asSlice(0, 72))).isEqualTo(-1);
    }

    @Test
    void typesAreGivenAndOthersRefusedByName() {
        MemorySegment types = arena.allocateFrom(ValueLayout.JAVA_INT, 7, 7, 7, 7, 0, 0, 3, 3, 3);
        MemorySegment output = arena.allocate(ValueLayout.JAVA_INT);
        assertThat(build.toInt(OUTPUT_TYPES, output, 1, types, INPUTS)).isEqualTo(OK);
        assertThat(output.get(ValueLayout.JAVA_INT, 0)).as("BF16").isEqualTo(7);

        types.setAtIndex(ValueLayout.JAVA_INT, 4, 7);
        assertThat(build.toInt(OUTPUT_TYPES, output, 1, types, INPUTS)).isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("getOutputDataTypes", "cos is of TensorRT's data type 7, want 0");
    }

    @Test
    void eachTensorHasOneTypeAndIsLinear() {
        var tensors = new Tensors(-1, 1, 512);
        for (int i = 0; i < TENSORS; i++) {
            assertThat(tensors.isSupported(i)).as("tensor %d", i).isTrue();
            assertThat(new Tensors(-1, 1, 512).type(i, 1).isSupported(i))
                    .as("tensor %d in FP16", i)
                    .isFalse();
            assertThat(new Tensors(-1, 1, 512).format(i, 4).isSupported(i))
                    .as("tensor %d in vectors", i)
                    .isFalse();
        }
    }

    @Test
    void aWrongNumberOfTensorsIsAFailureEverywhere() {
        var tensors = new Tensors(64, 64, 64);
        MemorySegment plain = tensors.plain();
        int few = INPUTS - 1;
        assertThat(build.toInt(CONFIGURE, tensors.dynamic, few, tensors.outputs(), 1))
                .isNotEqualTo(OK);
        assertThat(build.toInt(OUTPUT_TYPES, plain, 1, plain, few)).isNotEqualTo(OK);
        assertThat(build.toInt(OUTPUT_SHAPES, plain, few, NOTHING, 0, plain, 1, NOTHING))
                .isNotEqualTo(OK);
        assertThat(build.toBoolean(SUPPORTS, 0, tensors.dynamic, few, 1)).isFalse();
        assertThat(build.toLong(WORKSPACE, tensors.dynamic, few, tensors.outputs(), 1))
                .as("nothing that could be had")
                .isEqualTo(Long.MAX_VALUE);
        assertThat(runtime.toInt(SHAPE_CHANGE, plain, INPUTS, plain, 2)).isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("8 inputs and 1 outputs, want 9 or 10 and 1");
    }

    @Test
    void shapesAreThoseOfTheModel() {
        assertThat(new Tensors(-1, 1, 512).configured())
                .as("rows are not known")
                .isEqualTo(OK);
        assertThat(new Tensors(320, 1, 512).configured()).isEqualTo(OK);
        assertThat(new Tensors(320, 320, 320).shapeChange()).isEqualTo(OK);
        assertThat(new Tensors(320, 320, 320).with(6, 320, 16).shapeChange())
                .as("more words than it takes")
                .isEqualTo(OK);
    }

    @ParameterizedTest
    @CsvSource({"0, 2048", "1, 1024", "1, 4096", "4, 128", "5, 32"})
    void widthsOfAnotherModelAreRefused(int tensor, long width) {
        assertThat(new Tensors(320, 1, 512).with(tensor, 320, width).shapeChange())
                .isNotEqualTo(OK);
        assertThat(new Tensors(-1, 1, 512).with(tensor, -1, width).configured()).isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("configurePlugin", "onShapeChange", "want [rows, ");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 5, 6})
    void rowsAreTheSameEverywhere(int tensor) {
        long[] sizes = Tensors.sizes(tensor, 320);
        sizes[0] = 319;
        assertThat(new Tensors(320, 320, 320).with(tensor, sizes).shapeChange()).isNotEqualTo(OK);
    }

    @Test
    void rankCounts() {
        assertThat(new Tensors(320, 1, 512).with(2, 1, 128).configured()).isNotEqualTo(OK);
        assertThat(new Tensors(320, 1, 512).with(7, 10).configured())
                .as("places")
                .isNotEqualTo(OK);
    }

    @Test
    void aProfilesWorkspaceIsEnoughForAllItsRows() {
        long bytes = new Tensors(-1, 1, 512).workspace();
        for (int rows = 1; rows <= 512; rows++) {
            assertThat(AttentionLaunch.of(SIZES, rows, MULTIPROCESSORS).workspaceBytes())
                    .isLessThanOrEqualTo(bytes);
        }
        assertThat(new Tensors(320, 320, 320).workspace())
                .isEqualTo(AttentionLaunch.of(SIZES, 320, MULTIPROCESSORS).workspaceBytes());
    }

    @Test
    void whatTensorRtPassesGoesToTheKernels() {
        assertThat(new Tensors(320, 320, 320).enqueued()).isEqualTo(OK);
        assertThat(launched).containsExactly("320 10 a0..a8 b0 c0 d0");
    }

    @Test
    void withAScaleTheOutputIsE4m3() {
        MemorySegment types = arena.allocateFrom(ValueLayout.JAVA_INT, 7, 7, 7, 7, 0, 0, 3, 3, 3, 7);
        MemorySegment output = arena.allocate(ValueLayout.JAVA_INT);
        assertThat(build.toInt(OUTPUT_TYPES, output, 1, types, INPUTS + 1)).isEqualTo(OK);
        assertThat(output.get(ValueLayout.JAVA_INT, 0)).as("FP8").isEqualTo(6);

        // The scale stands where the output does without one.
        var scaled = new Tensors(320, 320, 320).with(INPUTS, 1);
        MemorySegment descs = arena.allocate((TENSORS + 1) * 304L, 8);
        descs.copyFrom(scaled.dynamic);
        MemorySegment last = descs.asSlice(TENSORS * 304L);
        last.set(ValueLayout.JAVA_INT, 72, 6);
        assertThat(build.toInt(CONFIGURE, descs, INPUTS + 1, last, 1)).isEqualTo(OK);
        assertThat(build.toBoolean(SUPPORTS, TENSORS, descs, INPUTS + 1, 1)).isTrue();
        last.set(ValueLayout.JAVA_INT, 72, 7);
        assertThat(build.toBoolean(SUPPORTS, TENSORS, descs, INPUTS + 1, 1))
                .as("BF16")
                .isFalse();

        assertThat(new Tensors(320, 320, 320).type(INPUTS, 6).enqueued()).isEqualTo(OK);
        assertThat(launched).containsExactly("320 10 a0..a8 scaled b0 c0 d0");
    }

    @Test
    void aScaleIsOneNumber() {
        MemorySegment descs = arena.allocate((TENSORS + 1) * 304L, 8);
        descs.copyFrom(new Tensors(320, 320, 320).with(INPUTS, 2).dynamic);
        assertThat(build.toInt(CONFIGURE, descs, INPUTS + 1, descs.asSlice(TENSORS * 304L), 1))
                .isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("scale is [2], want [1]");
    }

    @Test
    void noRowsAreNoWork() {
        assertThat(new Tensors(0, 0, 0).enqueued()).isEqualTo(OK);
        assertThat(launched).isEmpty();
    }

    /** The kernels would look behind the end. */
    @Test
    void tooFewWordsAreNotLaunched() {
        var tensors = new Tensors(320, 320, 320).with(6, 320, 9);
        assertThat(tensors.shapeChange()).isNotEqualTo(OK);
        assertThat(tensors.enqueued()).isNotEqualTo(OK);
        assertThat(launched).isEmpty();
        assertThat(LastErrors.said()).contains("sees has 9 words a row, and there are 320 rows");
    }

    @Test
    void whatTheKernelsThrowIsAFailureWithTheirWords() {
        before = () -> {
            throw new NativeCallException("cuLaunchKernel of attend", "invalid argument");
        };
        assertThat(new Tensors(64, 64, 64).enqueued()).isNotEqualTo(OK);
        assertThat(LastErrors.said())
                .isEqualTo("IPluginV3OneRuntime::enqueue: cuLaunchKernel of attend: invalid argument");
        before = () -> {
            throw new StackOverflowError();
        };
        assertThat(new Tensors(64, 64, 64).enqueued()).as("whatever it is").isNotEqualTo(OK);
        assertThat(LastErrors.said()).contains("StackOverflowError");
        before = () -> {};
        assertThat(new Tensors(64, 64, 64).enqueued()).as("the next one").isEqualTo(OK);
    }

    @Test
    void nothingIsTimed() {
        assertThat(build.toInt(6, NOTHING, 0)).as("tactics").isEqualTo(OK);
        assertThat(build.toInt(7)).as("their number").isZero();
        assertThat(build.toLong(8)).as("no name in the timing cache").isZero();
        assertThat(build.toInt(9)).as("combinations that are tried").isPositive();
        assertThat(build.toLong(10)).as("no metadata").isZero();
        assertThat(runtime.toInt(0, 0)).as("the default tactic").isEqualTo(OK);
    }
}
