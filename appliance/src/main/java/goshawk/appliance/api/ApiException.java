package goshawk.appliance.api;

import io.micronaut.http.HttpStatus;
import java.util.Optional;

/**
 * A request that is not answered as asked. The message goes to whoever asked: it names the field and the remedy, and
 * nothing of the server's files.
 */
final class ApiException extends RuntimeException {

    private final HttpStatus status;
    private final String type;
    private final Optional<String> field;
    private final Optional<String> code;

    private ApiException(
            HttpStatus status, String type, Optional<String> field, Optional<String> code, String message) {
        super(message);
        this.status = status;
        this.type = type;
        this.field = field;
        this.code = code;
    }

    /** The request is at fault. */
    static ApiException refused(String field, String code, String message) {
        return new ApiException(
                HttpStatus.BAD_REQUEST, "invalid_request_error", Optional.of(field), Optional.of(code), message);
    }

    static ApiException wrongToken() {
        return new ApiException(
                HttpStatus.UNAUTHORIZED,
                "invalid_request_error",
                Optional.empty(),
                Optional.of("invalid_api_key"),
                "the bearer token is missing or not this server's: send the header Authorization: Bearer TOKEN");
    }

    static ApiException noSuchModel(String asked, String ours) {
        return new ApiException(
                HttpStatus.NOT_FOUND,
                "invalid_request_error",
                Optional.of("model"),
                Optional.of("model_not_found"),
                "there is no model '%s' here; this server has '%s'".formatted(asked, ours));
    }

    static ApiException tooMany(int most) {
        return new ApiException(
                HttpStatus.TOO_MANY_REQUESTS,
                "rate_limit_error",
                Optional.empty(),
                Optional.of("rate_limit_exceeded"),
                "%d conversations are held already: ask again in a moment".formatted(most));
    }

    static ApiException unavailable(String message) {
        return new ApiException(
                HttpStatus.SERVICE_UNAVAILABLE, "server_error", Optional.empty(), Optional.of("unavailable"), message);
    }

    static ApiException failed(String message) {
        return new ApiException(
                HttpStatus.INTERNAL_SERVER_ERROR, "server_error", Optional.empty(), Optional.empty(), message);
    }

    /** What the framework refused: no such path, too large, wrong method. */
    static ApiException of(HttpStatus status, String message) {
        return new ApiException(
                status,
                status.getCode() >= 500 ? "server_error" : "invalid_request_error",
                Optional.empty(),
                Optional.empty(),
                message);
    }

    HttpStatus status() {
        return status;
    }

    String type() {
        return type;
    }

    /** The request's field, where one is at fault. */
    Optional<String> field() {
        return field;
    }

    Optional<String> code() {
        return code;
    }
}
