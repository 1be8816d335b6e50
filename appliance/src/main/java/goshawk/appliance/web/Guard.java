package goshawk.appliance.web;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What every answer says to the browser, and who is answered at all. The page brings all it needs: nothing is loaded from
 * elsewhere, no other site may frame it or read from it.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
class Guard {

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

    private final Binding binding;

    Guard(Binding binding) {
        this.binding = binding;
    }

    /** @param isLoopback true when only this machine can connect */
    record Binding(boolean isLoopback) {}

    /**
     * A page of another site can make the browser come here under that site's name, by pointing the name at 127.0.0.1.
     * Whoever binds to this machine alone means this machine's names alone.
     */
    @RequestFilter
    @Nullable
    HttpResponse<?> refuseForeignNames(HttpRequest<?> request) {
        if (!binding.isLoopback() || isLoopbackName(request.getHeaders().get(HttpHeaders.HOST))) {
            return null;
        }
        return forbidden("this dashboard answers to localhost and 127.0.0.1 only");
    }

    /**
     * Nobody logs in, so only who sits at this machine may write under {@code /api}. A page of another site can send
     * something here too: browsers say where a request comes from, and it must be from our own page.
     */
    @RequestFilter
    @Nullable
    HttpResponse<?> refuseForeignWrites(HttpRequest<?> request) {
        if (READING.contains(request.getMethod()) || !request.getPath().startsWith("/api/")) {
            return null;
        }
        if (!binding.isLoopback()) {
            return forbidden("this dashboard is open to the network and has no login: it takes nothing down");
        }
        String origin = request.getHeaders().get(HttpHeaders.ORIGIN);
        String host = request.getHeaders().get(HttpHeaders.HOST);
        return origin == null || origin.equals("http://" + host)
                ? null
                : forbidden("this dashboard takes nothing from other sites");
    }

    private static HttpResponse<?> forbidden(String why) {
        return HttpResponse.status(HttpStatus.FORBIDDEN).body(new Problems.Problem(why));
    }

    private static boolean isLoopbackName(@Nullable String host) {
        if (host == null) {
            return false;
        }
        int port = host.lastIndexOf(':');
        String name = port > host.lastIndexOf(']') ? host.substring(0, port) : host;
        return LOOPBACK.contains(name.toLowerCase(Locale.ROOT));
    }

    @ResponseFilter
    void addHeaders(HttpRequest<?> request, MutableHttpResponse<?> response) {
        response.header("Content-Security-Policy", POLICY)
                .header("X-Content-Type-Options", "nosniff")
                .header("X-Frame-Options", "DENY")
                .header("Referrer-Policy", "no-referrer")
                .header("Cross-Origin-Resource-Policy", "same-origin")
                .header("Cross-Origin-Opener-Policy", "same-origin");
        String path = request.getPath();
        if (path.startsWith("/assets/") && response.status() == HttpStatus.OK) {
            // Their names carry a hash of their content.
            cache(response, "public, max-age=31536000, immutable");
        } else if (!response.getHeaders().contains(HttpHeaders.CACHE_CONTROL)) {
            cache(response, path.startsWith("/api/") ? "no-store" : "no-cache");
        }
    }

    private static void cache(MutableHttpResponse<?> response, String how) {
        response.getHeaders().remove(HttpHeaders.CACHE_CONTROL);
        response.header(HttpHeaders.CACHE_CONTROL, how);
    }
}
