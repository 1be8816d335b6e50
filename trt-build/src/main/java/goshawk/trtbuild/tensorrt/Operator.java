package goshawk.trtbuild.tensorrt;

import java.util.List;

/**
 * An operator of our own, as {@link OperatorPlugin} tells TensorRT of it: in version 1 and in no namespace, with one output, and with no
 * attributes. Numbers lie one behind the other in all tensors. TensorRT calls on whichever thread it likes; an exception is a failure of its call.
 */
interface Operator {

    /** Also that of its nodes. */
    String name();

    /** What nodes have, in order. */
    List<Input> inputs();

    /** Without those, of the last, that a node may lack. */
    default int fewestInputs() {
        return inputs().size();
    }

    /**
     * An input.
     *
     * @param type as {@link TensorDesc} numbers them
     */
    record Input(String name, int type) {}

    /** Type of the output where a node has so many inputs. */
    int outputType(int inputs);

    /** What the output's sizes are the same as. */
    List<Size> outputSizes();

    /** One size of an input. */
    record Size(int input, int dimension) {}

    /**
     * Refuses shapes that do not go together.
     *
     * @param inputs whose numbers of rows are negative where they are not known yet
     * @throws IllegalArgumentException naming the first
     */
    void requireShapes(List<TensorDesc> inputs);

    /**
     * Of the device, beside inputs and output, for all sizes of a profile.
     *
     * @param inputs dynamic ones
     */
    default long workspaceBytes(List<TensorDesc> inputs) {
        return 0;
    }

    /**
     * Queues the computation on a stream, which may be recording.
     *
     * @param descs of the inputs, one behind the other
     * @param inputs where the addresses of the inputs stand; those are the device's, as are {@code address}, the output's, and {@code workspace}
     */
    void launch(long descs, TensorDesc output, long inputs, long address, long workspace, long stream);
}
