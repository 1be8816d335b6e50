package goshawk.appliance.api;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import org.jspecify.annotations.Nullable;

/** Nobody is answered anything without the token, whatever the path. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
class TokenGuard {

    private final BearerToken token;

    TokenGuard(BearerToken token) {
        this.token = token;
    }

    @RequestFilter
    @Nullable
    HttpResponse<?> refuseStrangers(HttpRequest<?> request) {
        if (token.isIn(request.getHeaders().get(HttpHeaders.AUTHORIZATION))) {
            return null;
        }
        return Errors.response(ApiException.wrongToken()).header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }

    @ResponseFilter
    void addHeaders(MutableHttpResponse<?> response) {
        response.header("X-Content-Type-Options", "nosniff");
        if (!response.getHeaders().contains(HttpHeaders.CACHE_CONTROL)) {
            response.header(HttpHeaders.CACHE_CONTROL, "no-store");
        }
    }
}
