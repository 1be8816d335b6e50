package goshawk.appliance.api;

import goshawk.appliance.engine.EngineException;
import io.micronaut.context.annotation.Primary;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import io.micronaut.http.server.exceptions.response.Error;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import jakarta.inject.Singleton;

/** Whatever goes wrong is answered in OpenAI's form, {@code {"error": {message, type, param, code}}}. */
@Singleton
@Primary
class Errors implements ErrorResponseProcessor<byte[]> {

    @Override
    public MutableHttpResponse<byte[]> processResponse(ErrorContext context, MutableHttpResponse<?> response) {
        String message = context.getErrors().stream()
                .map(Error::getMessage)
                .findFirst()
                .orElseGet(() -> response.status().getReason());
        return response.body(ReplyJson.error(ApiException.of(response.status(), message)))
                .contentType(MediaType.APPLICATION_JSON_TYPE);
    }

    static MutableHttpResponse<byte[]> response(ApiException e) {
        return HttpResponse.<byte[]>status(e.status())
                .contentType(MediaType.APPLICATION_JSON_TYPE)
                .body(ReplyJson.error(e));
    }

    @Singleton
    @Produces
    static class Ours implements ExceptionHandler<ApiException, HttpResponse<byte[]>> {

        @Override
        @SuppressWarnings("rawtypes") // the interface has it so
        public HttpResponse<byte[]> handle(HttpRequest request, ApiException exception) {
            return response(exception);
        }
    }

    @Singleton
    @Produces
    static class EngineFailed implements ExceptionHandler<EngineException, HttpResponse<byte[]>> {

        @Override
        @SuppressWarnings("rawtypes") // the interface has it so
        public HttpResponse<byte[]> handle(HttpRequest request, EngineException exception) {
            return response(ApiException.failed(String.valueOf(exception.getMessage())));
        }
    }
}
