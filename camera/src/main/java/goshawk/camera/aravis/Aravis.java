package goshawk.camera.aravis;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import goshawk.camera.CameraException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The calls of libaravis 0.8 that we make, and the few of GLib that come with them. Nothing else here: what a call means
 * for a camera is said by its caller.
 *
 * <p>A {@link MemorySegment} is an object of the library's; what a {@code new…} call answers with is the caller's to give
 * back with {@link #release}. A call that fails becomes a {@link CameraException} with its name, what it was about and the
 * library's own words. Safe for any thread as far as the library is: streams and discovery are, the features of one
 * camera are not.
 */
final class Aravis {

    static final String INSTALL = "apt-get install -y libaravis-0.8-0";

    private static final int MOST_CHARACTERS = 1 << 20;
    /** A {@code GError} holds a domain, a code and, from here on, the address of a text. */
    private static final long ERROR_TEXT = 8;

    private static final long ERROR_BYTES = 16;

    private Aravis() {}

    /**
     * Loads the library. Every way into this package begins with it.
     *
     * @throws CameraException naming the package to install
     */
    static void load() {
        try {
            var _ = Calls.UPDATE_DEVICE_LIST;
        } catch (LinkageError e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CameraException(
                    "GenICam cameras need Aravis 0.8 and it cannot be loaded (%s); install it: %s"
                            .formatted(cause.getMessage(), INSTALL),
                    e);
        }
    }

    /** Looks for cameras, for about a second. */
    static void updateDeviceList() {
        run(() -> {
            Calls.UPDATE_DEVICE_LIST.invokeExact();
        });
    }

    /** How many were found. */
    static int deviceCount() {
        return call(() -> (int) Calls.N_DEVICES.invokeExact());
    }

    static String deviceId(int index) {
        return text(call(() -> (MemorySegment) Calls.DEVICE_ID.invokeExact(index)));
    }

    static String devicePhysicalId(int index) {
        return text(call(() -> (MemorySegment) Calls.DEVICE_PHYSICAL_ID.invokeExact(index)));
    }

    static String deviceAddress(int index) {
        return text(call(() -> (MemorySegment) Calls.DEVICE_ADDRESS.invokeExact(index)));
    }

    static String deviceVendor(int index) {
        return text(call(() -> (MemorySegment) Calls.DEVICE_VENDOR.invokeExact(index)));
    }

    static String deviceModel(int index) {
        return text(call(() -> (MemorySegment) Calls.DEVICE_MODEL.invokeExact(index)));
    }

    static String deviceSerial(int index) {
        return text(call(() -> (MemorySegment) Calls.DEVICE_SERIAL.invokeExact(index)));
    }

    static String deviceProtocol(int index) {
        return text(call(() -> (MemorySegment) Calls.DEVICE_PROTOCOL.invokeExact(index)));
    }

    /** @param id of the device list, or an address */
    static MemorySegment newCamera(String id) {
        return checked("arv_camera_new", id, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(id);
            return (MemorySegment) Calls.CAMERA_NEW.invokeExact(name, error);
        });
    }

    /** The camera's device, which lives as long as the camera. */
    static MemorySegment device(MemorySegment camera) {
        return call(() -> (MemorySegment) Calls.CAMERA_DEVICE.invokeExact(camera));
    }

    static boolean isGigE(MemorySegment camera) {
        return call(() -> (int) Calls.IS_GV_DEVICE.invokeExact(camera)) != 0;
    }

    /** Whether this program may write to the camera; asks nobody, the library's heartbeat keeps it up to date. */
    static boolean isController(MemorySegment device) {
        return call(() -> (int) Calls.IS_CONTROLLER.invokeExact(device)) != 0;
    }

    /** Asks the camera, for up to 2.5 s when it does not answer. */
    static int register(MemorySegment device, long address) {
        return checked("arv_device_read_register", "register 0x%x".formatted(address), (arena, error) -> {
            MemorySegment value = arena.allocate(JAVA_INT);
            int _ = (int) Calls.READ_REGISTER.invokeExact(device, address, value, error);
            return value.get(JAVA_INT, 0);
        });
    }

    /** Bytes of one picture with the camera's present settings. */
    static int payload(MemorySegment camera) {
        return checked("arv_camera_get_payload", "the picture's size", (_, error) ->
                (int) Calls.PAYLOAD.invokeExact(camera, error));
    }

    /** Bytes of one packet on the network, headers of IP and UDP included. */
    static int packetSize(MemorySegment camera) {
        return checked("arv_camera_gv_get_packet_size", "the packet size", (_, error) ->
                (int) Calls.PACKET_SIZE.invokeExact(camera, error));
    }

    static void startAcquisition(MemorySegment camera) {
        checked("arv_camera_start_acquisition", "the camera", (_, error) -> {
            Calls.START_ACQUISITION.invokeExact(camera, error);
            return true;
        });
    }

    static void stopAcquisition(MemorySegment camera) {
        checked("arv_camera_stop_acquisition", "the camera", (_, error) -> {
            Calls.STOP_ACQUISITION.invokeExact(camera, error);
            return true;
        });
    }

    /** The feature of this name, or empty when the camera has none. */
    static Optional<MemorySegment> feature(MemorySegment device, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment written = arena.allocateFrom(name);
            MemorySegment node = call(() -> (MemorySegment) Calls.FEATURE.invokeExact(device, written));
            return isNull(node) ? Optional.empty() : Optional.of(node);
        }
    }

    /** The names in a category, in the camera's order; the category {@code Root} holds all others. */
    static List<String> members(MemorySegment category) {
        List<String> names = new ArrayList<>();
        MemorySegment cell = call(() -> (MemorySegment) Calls.CATEGORY_FEATURES.invokeExact(category));
        while (!isNull(cell)) {
            MemorySegment pair = cell.reinterpret(2 * ADDRESS.byteSize());
            names.add(text(pair.get(ADDRESS, 0)));
            cell = pair.get(ADDRESS, ADDRESS.byteSize());
        }
        return names;
    }

    static boolean isCategory(MemorySegment node) {
        return is(node, Calls.CATEGORY_TYPE);
    }

    static boolean isCommand(MemorySegment node) {
        return is(node, Calls.COMMAND_TYPE);
    }

    static boolean isBoolean(MemorySegment node) {
        return is(node, Calls.BOOLEAN_TYPE);
    }

    static boolean isEnumeration(MemorySegment node) {
        return is(node, Calls.ENUMERATION_TYPE);
    }

    static boolean isInteger(MemorySegment node) {
        return is(node, Calls.INTEGER_TYPE);
    }

    static boolean isFloat(MemorySegment node) {
        return is(node, Calls.FLOAT_TYPE);
    }

    static boolean isString(MemorySegment node) {
        return is(node, Calls.STRING_TYPE);
    }

    private static boolean is(MemorySegment node, MethodHandle typeOf) {
        long type = call(() -> (long) typeOf.invokeExact());
        return call(() -> (int) Calls.IS_A.invokeExact(node, type)) != 0;
    }

    /** 0 read-only, 1 write-only, 2 both, -1 unknown. */
    static int accessMode(MemorySegment node) {
        return call(() -> (int) Calls.ACCESS_MODE.invokeExact(node));
    }

    static boolean isAvailable(MemorySegment node, String name) {
        return checked("arv_gc_feature_node_is_available", name, (_, error) ->
                        (int) Calls.IS_AVAILABLE.invokeExact(node, error))
                != 0;
    }

    static String description(MemorySegment node) {
        return text(call(() -> (MemorySegment) Calls.DESCRIPTION.invokeExact(node)));
    }

    /** Of any feature but a command; a float's has six digits and this machine's decimal point: {@link #floatValue}. */
    static String value(MemorySegment node, String name) {
        return text(checked("arv_gc_feature_node_get_value_as_string", name, (_, error) ->
                (MemorySegment) Calls.VALUE.invokeExact(node, error)));
    }

    static double floatValue(MemorySegment device, String feature) {
        return checked("arv_device_get_float_feature_value", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            return (double) Calls.GET_FLOAT.invokeExact(device, name, error);
        });
    }

    static void setText(MemorySegment device, String feature, String value) {
        checked("arv_device_set_string_feature_value", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            MemorySegment text = arena.allocateFrom(value);
            Calls.SET_STRING.invokeExact(device, name, text, error);
            return true;
        });
    }

    static void setInteger(MemorySegment device, String feature, long value) {
        checked("arv_device_set_integer_feature_value", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            Calls.SET_INTEGER.invokeExact(device, name, value, error);
            return true;
        });
    }

    static void setFloat(MemorySegment device, String feature, double value) {
        checked("arv_device_set_float_feature_value", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            Calls.SET_FLOAT.invokeExact(device, name, value, error);
            return true;
        });
    }

    static void setBoolean(MemorySegment device, String feature, boolean value) {
        checked("arv_device_set_boolean_feature_value", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            Calls.SET_BOOLEAN.invokeExact(device, name, value ? 1 : 0, error);
            return true;
        });
    }

    static void execute(MemorySegment device, String command) {
        checked("arv_device_execute_command", command, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(command);
            Calls.EXECUTE.invokeExact(device, name, error);
            return true;
        });
    }

    static FeatureRange.Whole integerRange(MemorySegment device, String feature) {
        return checked("arv_device_get_integer_feature_bounds", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            MemorySegment bounds = arena.allocate(JAVA_LONG, 2);
            Calls.INTEGER_BOUNDS.invokeExact(device, name, bounds, bounds.asSlice(JAVA_LONG.byteSize()), error);
            long step = (long) Calls.INTEGER_STEP.invokeExact(device, name, MemorySegment.NULL);
            return new FeatureRange.Whole(
                    bounds.getAtIndex(JAVA_LONG, 0), bounds.getAtIndex(JAVA_LONG, 1), Math.max(1, step));
        });
    }

    static FeatureRange.Real floatRange(MemorySegment device, String feature) {
        return checked("arv_device_get_float_feature_bounds", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            MemorySegment bounds = arena.allocate(JAVA_DOUBLE, 2);
            Calls.FLOAT_BOUNDS.invokeExact(device, name, bounds, bounds.asSlice(JAVA_DOUBLE.byteSize()), error);
            return new FeatureRange.Real(bounds.getAtIndex(JAVA_DOUBLE, 0), bounds.getAtIndex(JAVA_DOUBLE, 1));
        });
    }

    /** The entries of an enumeration that the camera takes now. */
    static List<String> choices(MemorySegment device, String feature) {
        return checked("arv_device_dup_available_enumeration_feature_values_as_strings", feature, (arena, error) -> {
            MemorySegment name = arena.allocateFrom(feature);
            MemorySegment count = arena.allocate(JAVA_INT);
            var list = (MemorySegment) Calls.CHOICES.invokeExact(device, name, count, error);
            List<String> choices = new ArrayList<>();
            int size = isNull(list) ? 0 : count.get(JAVA_INT, 0);
            MemorySegment texts = list.reinterpret(size * ADDRESS.byteSize());
            for (int i = 0; i < size; i++) {
                choices.add(text(texts.getAtIndex(ADDRESS, i)));
            }
            Calls.FREE.invokeExact(list);
            return choices;
        });
    }

    static MemorySegment newStream(MemorySegment camera) {
        return checked("arv_camera_create_stream", "the camera", (_, error) ->
                (MemorySegment) Calls.CREATE_STREAM.invokeExact(camera, MemorySegment.NULL, MemorySegment.NULL, error));
    }

    /** Sets a property that is an {@code int}, an {@code unsigned int} or an enumeration; no other kind. */
    static void setProperty(MemorySegment object, String property, int value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(property);
            run(() -> {
                Calls.SET_PROPERTY.invokeExact(object, name, value, MemorySegment.NULL);
            });
        }
    }

    /** The stream's counters by name. They differ between GigE and USB. */
    static List<String> counterNames(MemorySegment stream) {
        List<String> names = new ArrayList<>();
        int count = call(() -> (int) Calls.N_INFOS.invokeExact(stream));
        for (int i = 0; i < count; i++) {
            int index = i;
            names.add(text(call(() -> (MemorySegment) Calls.INFO_NAME.invokeExact(stream, index))));
        }
        return names;
    }

    /** @param index into {@link #counterNames} */
    static long counter(MemorySegment stream, int index) {
        return call(() -> (long) Calls.INFO_VALUE.invokeExact(stream, index));
    }

    /**
     * A buffer over memory of the caller's, which must outlive it.
     *
     * @param tag a number to know it again by
     */
    static MemorySegment newBuffer(MemorySegment memory, long tag) {
        return call(() -> (MemorySegment) Calls.BUFFER_NEW.invokeExact(
                memory.byteSize(), memory, MemorySegment.ofAddress(tag), MemorySegment.NULL));
    }

    // What is called for each picture makes no object: addresses are numbers here, and what a call answers through an
    // address it answers into the caller's memory.

    /** Lends a buffer to the stream, for it to be filled. */
    static void push(MemorySegment stream, long buffer) {
        try {
            Calls.PUSH.invokeExact(stream, buffer);
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    /** The next buffer that the stream is done with; 0 when there was none in time. */
    static long pop(MemorySegment stream, long timeoutMicros) {
        try {
            return (long) Calls.POP.invokeExact(stream, timeoutMicros);
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    /**
     * Buffers that wait to be popped.
     *
     * @param words place for two numbers
     */
    static int outputBuffers(MemorySegment stream, MemorySegment words) {
        try {
            Calls.N_BUFFERS.invokeExact(stream, words.address(), words.address() + Long.BYTES);
            return words.get(JAVA_INT, Long.BYTES);
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    static long bufferTag(long buffer) {
        return number(Calls.BUFFER_TAG, buffer);
    }

    static int bufferStatus(long buffer) {
        return integer(Calls.BUFFER_STATUS, buffer);
    }

    static int payloadType(long buffer) {
        return integer(Calls.BUFFER_PAYLOAD_TYPE, buffer);
    }

    static long frameId(long buffer) {
        return number(Calls.BUFFER_FRAME_ID, buffer);
    }

    /** By the camera's clock, in nanoseconds. */
    static long timestamp(long buffer) {
        return number(Calls.BUFFER_TIMESTAMP, buffer);
    }

    static int pixelFormat(long buffer) {
        return integer(Calls.BUFFER_PIXEL_FORMAT, buffer);
    }

    static int width(long buffer) {
        return integer(Calls.BUFFER_WIDTH, buffer);
    }

    static int height(long buffer) {
        return integer(Calls.BUFFER_HEIGHT, buffer);
    }

    /**
     * Bytes after each row.
     *
     * @param words place for two numbers
     */
    static int rowPadding(long buffer, MemorySegment words) {
        try {
            Calls.BUFFER_PADDING.invokeExact(buffer, words.address(), words.address() + Long.BYTES);
            return words.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    /**
     * The address of the picture's first byte, wherever it is in the buffer's memory.
     *
     * @param size receives the picture's bytes, a {@code long}
     */
    static long pixels(long buffer, MemorySegment size) {
        try {
            return (long) Calls.BUFFER_PIXELS.invokeExact(buffer, size.address());
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    private static int integer(MethodHandle ofBuffer, long buffer) {
        try {
            return (int) ofBuffer.invokeExact(buffer);
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    private static long number(MethodHandle ofBuffer, long buffer) {
        try {
            return (long) ofBuffer.invokeExact(buffer);
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    /** Gives up this program's hold on an object; the last one to do so frees it. */
    static void release(MemorySegment object) {
        run(() -> {
            Calls.UNREF.invokeExact(object);
        });
    }

    static boolean isNull(MemorySegment segment) {
        return segment.address() == 0;
    }

    private static String text(MemorySegment address) {
        return isNull(address)
                ? ""
                : address.reinterpret(MOST_CHARACTERS).getString(0).strip();
    }

    /** A call of which nothing is thrown that Java knows of. */
    private interface Call<T> {
        T now() throws Throwable;
    }

    private interface VoidCall {
        void now() throws Throwable;
    }

    /** A call that tells its failure through the address of an error. */
    private interface FailingCall<T> {
        T now(Arena arena, MemorySegment error) throws Throwable;
    }

    private static <T> T call(Call<T> call) {
        try {
            return call.now();
        } catch (Throwable e) {
            throw wrong(e);
        }
    }

    private static IllegalStateException wrong(Throwable e) {
        return new IllegalStateException("a call of Aravis is declared wrongly", e);
    }

    private static void run(VoidCall call) {
        call(() -> {
            call.now();
            return true;
        });
    }

    private static <T> T checked(String name, String about, FailingCall<T> call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment place = arena.allocate(ADDRESS);
            T result = call(() -> call.now(arena, place));
            MemorySegment error = place.get(ADDRESS, 0);
            if (isNull(error)) {
                return result;
            }
            String why = text(error.reinterpret(ERROR_BYTES).get(ADDRESS, ERROR_TEXT));
            run(() -> {
                Calls.ERROR_FREE.invokeExact(error);
            });
            throw new CameraException("%s of %s failed: %s".formatted(name, about, why));
        }
    }

    /** Looked up once; a holder of its own, so that a machine without the library says so where a camera is asked for. */
    private static final class Calls {

        private static final Linker LINKER = Linker.nativeLinker();
        private static final SymbolLookup LIBRARY = SymbolLookup.libraryLookup("libaravis-0.8.so.0", Arena.global());

        static final MethodHandle UPDATE_DEVICE_LIST = procedure("arv_update_device_list");
        static final MethodHandle N_DEVICES = function("arv_get_n_devices", JAVA_INT);
        static final MethodHandle DEVICE_ID = function("arv_get_device_id", ADDRESS, JAVA_INT);
        static final MethodHandle DEVICE_PHYSICAL_ID = function("arv_get_device_physical_id", ADDRESS, JAVA_INT);
        static final MethodHandle DEVICE_ADDRESS = function("arv_get_device_address", ADDRESS, JAVA_INT);
        static final MethodHandle DEVICE_VENDOR = function("arv_get_device_vendor", ADDRESS, JAVA_INT);
        static final MethodHandle DEVICE_MODEL = function("arv_get_device_model", ADDRESS, JAVA_INT);
        static final MethodHandle DEVICE_SERIAL = function("arv_get_device_serial_nbr", ADDRESS, JAVA_INT);
        static final MethodHandle DEVICE_PROTOCOL = function("arv_get_device_protocol", ADDRESS, JAVA_INT);

        static final MethodHandle CAMERA_NEW = function("arv_camera_new", ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle CAMERA_DEVICE = function("arv_camera_get_device", ADDRESS, ADDRESS);
        static final MethodHandle IS_GV_DEVICE = function("arv_camera_is_gv_device", JAVA_INT, ADDRESS);
        static final MethodHandle IS_CONTROLLER = function("arv_gv_device_is_controller", JAVA_INT, ADDRESS);
        static final MethodHandle READ_REGISTER =
                function("arv_device_read_register", JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
        static final MethodHandle PAYLOAD = function("arv_camera_get_payload", JAVA_INT, ADDRESS, ADDRESS);
        static final MethodHandle PACKET_SIZE = function("arv_camera_gv_get_packet_size", JAVA_INT, ADDRESS, ADDRESS);
        static final MethodHandle START_ACQUISITION = procedure("arv_camera_start_acquisition", ADDRESS, ADDRESS);
        static final MethodHandle STOP_ACQUISITION = procedure("arv_camera_stop_acquisition", ADDRESS, ADDRESS);

        static final MethodHandle FEATURE = function("arv_device_get_feature", ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle CATEGORY_FEATURES = function("arv_gc_category_get_features", ADDRESS, ADDRESS);
        static final MethodHandle CATEGORY_TYPE = function("arv_gc_category_get_type", JAVA_LONG);
        static final MethodHandle COMMAND_TYPE = function("arv_gc_command_get_type", JAVA_LONG);
        static final MethodHandle BOOLEAN_TYPE = function("arv_gc_boolean_get_type", JAVA_LONG);
        static final MethodHandle ENUMERATION_TYPE = function("arv_gc_enumeration_get_type", JAVA_LONG);
        static final MethodHandle INTEGER_TYPE = function("arv_gc_integer_get_type", JAVA_LONG);
        static final MethodHandle FLOAT_TYPE = function("arv_gc_float_get_type", JAVA_LONG);
        static final MethodHandle STRING_TYPE = function("arv_gc_string_get_type", JAVA_LONG);
        static final MethodHandle IS_A = function("g_type_check_instance_is_a", JAVA_INT, ADDRESS, JAVA_LONG);
        static final MethodHandle ACCESS_MODE =
                function("arv_gc_feature_node_get_actual_access_mode", JAVA_INT, ADDRESS);
        static final MethodHandle IS_AVAILABLE =
                function("arv_gc_feature_node_is_available", JAVA_INT, ADDRESS, ADDRESS);
        static final MethodHandle DESCRIPTION = function("arv_gc_feature_node_get_description", ADDRESS, ADDRESS);
        static final MethodHandle VALUE =
                function("arv_gc_feature_node_get_value_as_string", ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle GET_FLOAT =
                function("arv_device_get_float_feature_value", JAVA_DOUBLE, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle SET_STRING =
                procedure("arv_device_set_string_feature_value", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle SET_INTEGER =
                procedure("arv_device_set_integer_feature_value", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS);
        static final MethodHandle SET_FLOAT =
                procedure("arv_device_set_float_feature_value", ADDRESS, ADDRESS, JAVA_DOUBLE, ADDRESS);
        static final MethodHandle SET_BOOLEAN =
                procedure("arv_device_set_boolean_feature_value", ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
        static final MethodHandle EXECUTE = procedure("arv_device_execute_command", ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle INTEGER_BOUNDS =
                procedure("arv_device_get_integer_feature_bounds", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle INTEGER_STEP =
                function("arv_device_get_integer_feature_increment", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle FLOAT_BOUNDS =
                procedure("arv_device_get_float_feature_bounds", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle CHOICES = function(
                "arv_device_dup_available_enumeration_feature_values_as_strings",
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS,
                ADDRESS);

        static final MethodHandle CREATE_STREAM =
                function("arv_camera_create_stream", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle N_INFOS = function("arv_stream_get_n_infos", JAVA_INT, ADDRESS);
        static final MethodHandle INFO_NAME = function("arv_stream_get_info_name", ADDRESS, ADDRESS, JAVA_INT);
        static final MethodHandle INFO_VALUE = function("arv_stream_get_info_uint64", JAVA_LONG, ADDRESS, JAVA_INT);
        static final MethodHandle PUSH = procedure("arv_stream_push_buffer", ADDRESS, JAVA_LONG);
        static final MethodHandle POP = function("arv_stream_timeout_pop_buffer", JAVA_LONG, ADDRESS, JAVA_LONG);

        static final MethodHandle N_BUFFERS = procedure("arv_stream_get_n_buffers", ADDRESS, JAVA_LONG, JAVA_LONG);

        static final MethodHandle BUFFER_NEW =
                function("arv_buffer_new_full", ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS);
        static final MethodHandle BUFFER_TAG = function("arv_buffer_get_user_data", JAVA_LONG, JAVA_LONG);
        static final MethodHandle BUFFER_STATUS = function("arv_buffer_get_status", JAVA_INT, JAVA_LONG);
        static final MethodHandle BUFFER_PAYLOAD_TYPE = function("arv_buffer_get_payload_type", JAVA_INT, JAVA_LONG);
        static final MethodHandle BUFFER_FRAME_ID = function("arv_buffer_get_frame_id", JAVA_LONG, JAVA_LONG);
        static final MethodHandle BUFFER_TIMESTAMP = function("arv_buffer_get_timestamp", JAVA_LONG, JAVA_LONG);
        static final MethodHandle BUFFER_PIXEL_FORMAT =
                function("arv_buffer_get_image_pixel_format", JAVA_INT, JAVA_LONG);
        static final MethodHandle BUFFER_WIDTH = function("arv_buffer_get_image_width", JAVA_INT, JAVA_LONG);
        static final MethodHandle BUFFER_HEIGHT = function("arv_buffer_get_image_height", JAVA_INT, JAVA_LONG);
        static final MethodHandle BUFFER_PADDING =
                procedure("arv_buffer_get_image_padding", JAVA_LONG, JAVA_LONG, JAVA_LONG);
        static final MethodHandle BUFFER_PIXELS =
                function("arv_buffer_get_image_data", JAVA_LONG, JAVA_LONG, JAVA_LONG);

        static final MethodHandle UNREF = procedure("g_object_unref", ADDRESS);
        static final MethodHandle ERROR_FREE = procedure("g_error_free", ADDRESS);
        static final MethodHandle FREE = procedure("g_free", ADDRESS);
        static final MethodHandle SET_PROPERTY = LINKER.downcallHandle(
                address("g_object_set"),
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_INT, ADDRESS),
                Linker.Option.firstVariadicArg(2));

        private Calls() {}

        private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
            return LINKER.downcallHandle(address(name), FunctionDescriptor.of(result, arguments));
        }

        private static MethodHandle procedure(String name, MemoryLayout... arguments) {
            return LINKER.downcallHandle(address(name), FunctionDescriptor.ofVoid(arguments));
        }

        /** GLib's come with the library that needs them. */
        private static MemorySegment address(String name) {
            return LIBRARY.find(name)
                    .orElseThrow(
                            () -> new IllegalStateException("libaravis-0.8.so.0 has no " + name + ", it is too old"));
        }
    }
}
