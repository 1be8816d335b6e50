package goshawk.appliance.remote;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * A server that speaks as OpenAI's does, and what is asked of it.
 *
 * @param address its base, {@code http://host:port/v1}
 * @param token sent as bearer token; empty for none
 * @param timeout from the first question about a part to the last answer
 * @param atOnce questions that it is asked at the same time
 * @param reasoningEffort handed on as it is, {@code none} for a Goshawk that is to answer at once; empty to leave it out
 */
public record RemoteServer(
        URI address, String model, String token, Duration timeout, int atOnce, Optional<String> reasoningEffort) {

    public RemoteServer {
        boolean isHttp = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
        if (!isHttp || address.getHost() == null || address.getUserInfo() != null) {
            throw new IllegalArgumentException("'%s' must be http://host:port/v1 or https://…, without a user"
                    .formatted(address.getUserInfo() == null ? address : "the address"));
        }
        if (!timeout.isPositive() || atOnce < 1) {
            throw new IllegalArgumentException("a server is asked at least one thing at a time, for more than 0 s");
        }
    }

    URI completions() {
        String base = address.toString();
        return URI.create((base.endsWith("/") ? base : base + "/") + "chat/completions");
    }

    /** For people and records; without the token. */
    @Override
    public String toString() {
        return model + " at " + address;
    }
}
