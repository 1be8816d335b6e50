package goshawk.camera.aravis;

import goshawk.camera.CameraException;
import goshawk.camera.UnsupportedInterface;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The GenICam cameras that this machine reaches. Safe for any thread; one looks at a time. */
public final class GenicamCameras {

    private static final Pattern ADDRESS = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

    private static final int SEARCHES = 3;

    private GenicamCameras() {}

    /** @throws CameraException when Aravis is not installed; names the package */
    public static void requireLibrary() {
        Aravis.load();
    }

    /**
     * Looks for cameras on every network interface and USB port; takes about a second.
     *
     * @throws CameraException when Aravis is not installed
     */
    public static synchronized List<GenicamCamera> list() {
        Aravis.load();
        Aravis.updateDeviceList();
        List<GenicamCamera> found = new ArrayList<>();
        for (int i = 0; i < Aravis.deviceCount(); i++) {
            found.add(new GenicamCamera(
                    Aravis.deviceId(i),
                    Aravis.deviceVendor(i),
                    Aravis.deviceModel(i),
                    Aravis.deviceSerial(i),
                    Aravis.deviceAddress(i),
                    Aravis.devicePhysicalId(i),
                    Aravis.deviceProtocol(i)));
        }
        return List.copyOf(found);
    }

    /**
     * The camera with this serial number, id or hardware address, which is searched for; an answer may be lost, so some times.
     * An IP address is taken as it is: cameras behind a router do not hear a search.
     *
     * @throws CameraException when there is none, or more than one; names those that are there
     */
    public static GenicamCamera find(String name) {
        if (ADDRESS.matcher(name).matches()) {
            return new GenicamCamera(name, "", "", "", name, "", "GigEVision");
        }
        List<GenicamCamera> all = List.of();
        for (int search = 0; search < SEARCHES; search++) {
            all = list();
            List<GenicamCamera> named =
                    all.stream().filter(it -> it.isNamed(name)).toList();
            if (named.size() > 1) {
                throw new CameraException("%d cameras are named %s: %s; name one by its address or id"
                        .formatted(named.size(), name, words(named)));
            }
            if (!named.isEmpty()) {
                return named.getFirst();
            }
        }
        UnsupportedInterface.named(name).ifPresent(it -> {
            throw new CameraException("no camera is named %s; %s".formatted(name, it.refusal()));
        });
        String others = all.isEmpty() ? "no camera answers at all" : "there are " + words(all);
        throw new CameraException(
                "no camera with the serial number, address or id %s was found on any network interface or USB port; %s. Check power, cable and subnet, or give its address"
                        .formatted(name, others));
    }

    private static String words(List<GenicamCamera> cameras) {
        return cameras.stream().map(GenicamCamera::words).collect(Collectors.joining(", "));
    }
}
