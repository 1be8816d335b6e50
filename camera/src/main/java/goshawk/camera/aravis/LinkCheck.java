package goshawk.camera.aravis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a camera's pictures find on their way: sizes that make the difference between none and many lost packets.
 *
 * @param payload bytes of a picture
 * @param packetSize bytes of a packet, headers of IP and UDP included; empty on USB
 * @param mtu largest packet of the network interface towards the camera, where that is known
 * @param socketBuffer bytes that the kernel lets a socket hold, where that is known
 */
public record LinkCheck(
        int payload, Optional<Integer> packetSize, Optional<Integer> mtu, Optional<Integer> socketBuffer) {

    private static final Path SOCKET_BUFFER = Path.of("/proc/sys/net/core/rmem_max");
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String CAPABILITIES = "CapEff:";
    private static final long NET_RAW = 1 << 13;
    private static final int MOST_DIGITS = 32;

    /** Packets of this size and less are what every switch carries; jumbo ones need the MTU raised all the way. */
    private static final int USUAL_MTU = 1_500;

    /** Asks the camera and this machine. */
    public static LinkCheck of(AravisCamera camera) {
        return new LinkCheck(
                camera.payload(),
                camera.packetSize(),
                camera.packetSize().flatMap(_ -> mtu(camera.found().address())),
                socketBufferLimit());
    }

    /** What should be changed, a line each; empty when all is well. */
    public List<String> advice() {
        List<String> lines = new ArrayList<>();
        packetSize.ifPresent(packet -> {
            mtu.filter(it -> packet > it)
                    .ifPresent(it -> lines.add(
                            "its packets of %d bytes do not fit through this machine's interface (MTU %d) and would be lost or cut; raise the MTU: ip link set dev INTERFACE mtu %d, or set the feature GevSCPSPacketSize to %d"
                                    .formatted(packet, it, packet, it)));
            mtu.filter(it -> it > USUAL_MTU && packet <= USUAL_MTU)
                    .ifPresent(it -> lines.add(
                            "its packets have %d bytes though this machine's interface carries %d; if the switch does too, set the feature GevSCPSPacketSize to %d: fewer packets cost less time and are lost less"
                                    .formatted(packet, it, Math.min(it, 9_000))));
            int wanted = wantedSocketBuffer();
            socketBuffer
                    .filter(it -> it < wanted)
                    .ifPresent(it -> lines.add(
                            "the kernel lets a socket hold %d bytes, and a picture has %d: packets are lost when this machine is busy; allow more: sysctl -w net.core.rmem_max=%d"
                                    .formatted(it, payload, wanted)));
        });
        return lines;
    }

    /** Bytes that the kernel is asked to hold. */
    public int wantedSocketBuffer() {
        return AravisStream.socketBuffer(payload);
    }

    /** What the kernel gives to a socket that asks for {@link #wantedSocketBuffer()}; empty where none can be opened. */
    public Optional<Integer> grantedSocketBuffer() {
        try (var socket = DatagramChannel.open()) {
            socket.setOption(StandardSocketOptions.SO_RCVBUF, wantedSocketBuffer());
            return Optional.of(socket.getOption(StandardSocketOptions.SO_RCVBUF));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** True when this process has the capability {@code CAP_NET_RAW}: Aravis then reads the interface's ring and not a socket. */
    public static boolean mayReadRing() {
        try (Stream<String> status = Files.lines(STATUS)) {
            return status.filter(it -> it.startsWith(CAPABILITIES))
                    .anyMatch(it -> (Long.parseUnsignedLong(
                                            it.substring(CAPABILITIES.length()).strip(), 16)
                                    & NET_RAW)
                            != 0);
        } catch (IOException | UncheckedIOException | NumberFormatException e) {
            return false; // no Linux
        }
    }

    /** A kernel's setting is told to the first read alone, so that one is to be large enough. */
    private static Optional<Integer> socketBufferLimit() {
        try (var setting = Files.newInputStream(SOCKET_BUFFER)) {
            var written = new String(setting.readNBytes(MOST_DIGITS), StandardCharsets.US_ASCII);
            return Optional.of(Integer.valueOf(written.strip()));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty(); // no Linux
        }
    }

    private static Optional<Integer> mtu(String address) {
        try {
            InetAddress camera = InetAddress.ofLiteral(address);
            for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
                if (network.getInterfaceAddresses().stream().anyMatch(own -> isNeighbour(own, camera))) {
                    return Optional.of(network.getMTU());
                }
            }
        } catch (IllegalArgumentException | SocketException e) {
            return Optional.empty(); // named otherwise than by an address, or the interface has gone
        }
        return Optional.empty(); // behind a router
    }

    private static boolean isNeighbour(InterfaceAddress own, InetAddress camera) {
        if (!(own.getAddress() instanceof Inet4Address) || !(camera instanceof Inet4Address)) {
            return false;
        }
        int shift = 32 - own.getNetworkPrefixLength();
        return shift < 32 && bits(own.getAddress()) >>> shift == bits(camera) >>> shift;
    }

    private static long bits(InetAddress address) {
        long bits = 0;
        for (byte part : address.getAddress()) {
            bits = (bits << 8) | (part & 0xFF);
        }
        return bits;
    }
}
