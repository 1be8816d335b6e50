package goshawk.appliance.publish;

import java.net.URI;

/**
 * Where the broker listens.
 *
 * @param uri {@code tcp://host:port} or {@code ssl://host:port}
 * @param user empty when the broker asks for none
 * @param password empty when the broker asks for none
 */
public record BrokerAddress(String uri, String user, String password) {

    public BrokerAddress {
        URI parsed;
        try {
            parsed = URI.create(uri);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("broker '%s' is no address: write tcp://host:port".formatted(uri), e);
        }
        boolean known = "tcp".equals(parsed.getScheme()) || "ssl".equals(parsed.getScheme());
        if (!known || parsed.getHost() == null || parsed.getPort() < 1 || parsed.getPort() > 65_535) {
            throw new IllegalArgumentException(
                    "broker '%s' is no address: write tcp://host:port, or ssl:// with a certificate".formatted(uri));
        }
    }

    /** A broker on this machine that asks for no password. */
    public static BrokerAddress local(int port) {
        return new BrokerAddress("tcp://127.0.0.1:" + port, "", "");
    }

    /** Without the password: this goes into logs. */
    @Override
    public String toString() {
        return uri;
    }
}
