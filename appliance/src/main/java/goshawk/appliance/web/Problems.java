package goshawk.appliance.web;

import goshawk.appliance.domain.LogException;
import io.micronaut.context.annotation.Primary;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import io.micronaut.http.server.exceptions.response.Error;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import io.micronaut.serde.annotation.Serdeable;
import jakarta.inject.Singleton;

/** Whatever goes wrong is answered with its status and one line, {@code {"message": …}}. */
@Singleton
@Primary
class Problems implements ErrorResponseProcessor<Problems.Problem> {

    @Override
    public MutableHttpResponse<Problem> processResponse(ErrorContext context, MutableHttpResponse<?> response) {
        String message = context.getErrors().stream()
                .map(Error::getMessage)
                .findFirst()
                .orElseGet(() -> response.status().getReason());
        return response.body(new Problem(message)).contentType(MediaType.APPLICATION_JSON_TYPE);
    }

    @Serdeable
    record Problem(String message) {}

    /** The store cannot be read: not the asker's fault, and it may pass. */
    @Singleton
    @Produces
    static class StoreProblem implements ExceptionHandler<LogException, HttpResponse<Problem>> {

        @Override
        @SuppressWarnings("rawtypes") // the interface has it so
        public HttpResponse<Problem> handle(HttpRequest request, LogException exception) {
            return HttpResponse.status(HttpStatus.SERVICE_UNAVAILABLE)
                    .contentType(MediaType.APPLICATION_JSON_TYPE)
                    .body(new Problem(String.valueOf(exception.getMessage())));
        }
    }
}
