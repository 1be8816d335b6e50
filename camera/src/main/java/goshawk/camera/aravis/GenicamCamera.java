package goshawk.camera.aravis;

/**
 * A camera that was found; what it does not say is empty.
 *
 * @param id the library's name of it, made of maker and serial number
 * @param address IP address, or the place on the USB bus
 * @param physicalId hardware address
 * @param protocol {@code GigEVision} or {@code USB3Vision}
 */
public record GenicamCamera(
        String id, String vendor, String model, String serial, String address, String physicalId, String protocol) {

    boolean isNamed(String name) {
        return name.equals(serial) || name.equals(address) || name.equals(id) || name.equalsIgnoreCase(physicalId);
    }

    /** For messages. */
    String words() {
        return serial.isEmpty() ? address : "%s at %s".formatted(serial, address);
    }
}
