package goshawk.appliance.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import goshawk.appliance.engine.EngineException;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.sse.Event;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/** {@code /v1}, as OpenAI's clients know it. Each answer is written on a virtual thread of its own. */
@Controller("/v1")
@ExecuteOn(TaskExecutors.BLOCKING)
class ChatController {

    private static final Logger log = LoggerFactory.getLogger(ChatController.class);
    private static final Generation.Listener NOBODY = new Generation.Listener() {
        @Override
        public void reasoned(String more) {
            // the whole answer is told at its end
        }

        @Override
        public void said(String more, List<Reply.Token> tokens) {
            // likewise
        }
    };

    private final ChatModel model;

    ChatController(ChatModel model) {
        this.model = model;
    }

    @Get("/models")
    MutableHttpResponse<byte[]> models() {
        ObjectNode list = new ObjectMapper().createObjectNode().put("object", "list");
        list.putArray("data").add(model.described());
        return json(ReplyJson.bytes(list));
    }

    @Get("/models/{name}")
    MutableHttpResponse<byte[]> model(String name) {
        return json(
                ReplyJson.bytes(model.described(name).orElseThrow(() -> ApiException.noSuchModel(name, model.name()))));
    }

    @Post(value = "/chat/completions", consumes = MediaType.ALL, produces = MediaType.ALL)
    MutableHttpResponse<?> completions(@Body byte[] body) {
        ChatModel.Held held = model.take(body);
        if (held.request().stream()) {
            return HttpResponse.ok(Flux.<Event<String>>create(sink -> start(held, sink)))
                    .contentType(MediaType.TEXT_EVENT_STREAM_TYPE);
        }
        try (held) {
            Reply reply = held.write(NOBODY);
            return json(held.wire().whole(reply, held.request().likeliest().isPresent()));
        }
    }

    private static MutableHttpResponse<byte[]> json(byte[] body) {
        return HttpResponse.ok(body).contentType(MediaType.APPLICATION_JSON_TYPE);
    }

    private static void start(ChatModel.Held held, FluxSink<Event<String>> sink) {
        sink.onDispose(held::leave);
        Thread.ofVirtual().name("answer").start(() -> stream(held, sink));
    }

    private static void stream(ChatModel.Held held, FluxSink<Event<String>> sink) {
        ReplyJson wire = held.wire();
        boolean withShares = held.request().likeliest().isPresent();
        try (held) {
            send(sink, wire.opening());
            Reply reply = held.write(new Generation.Listener() {
                @Override
                public void reasoned(String more) {
                    send(sink, wire.reasoned(more));
                }

                @Override
                public void said(String more, List<Reply.Token> tokens) {
                    send(sink, wire.said(more, tokens, withShares));
                }
            });
            send(sink, wire.ended(reply.finish()));
            if (held.request().usageInStream()) {
                send(sink, wire.used(reply.usage()));
            }
            send(sink, "[DONE]");
        } catch (ApiException e) {
            send(sink, ReplyJson.errorText(e));
        } catch (EngineException e) {
            send(sink, ReplyJson.errorText(ApiException.failed(String.valueOf(e.getMessage()))));
        } catch (RuntimeException e) {
            log.error("a bug: an answer ended early", e);
            send(sink, ReplyJson.errorText(ApiException.failed("the answer ended early; the server's log says why")));
        }
        sink.complete();
    }

    private static void send(FluxSink<Event<String>> sink, String data) {
        sink.next(Event.of(data));
    }
}
