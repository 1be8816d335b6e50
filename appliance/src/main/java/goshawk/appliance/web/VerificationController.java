package goshawk.appliance.web;

import goshawk.appliance.domain.Station;
import goshawk.appliance.domain.Verification;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

/** All figures of the running recipe's verification, as they were stored. Answered from memory. */
@Controller("/api/verification")
class VerificationController {

    private final Station station;

    VerificationController(Station station) {
        this.station = station;
    }

    @Get(produces = MediaType.APPLICATION_JSON)
    HttpResponse<String> report() {
        return station.state()
                .verification()
                .map(Verification::report)
                .map(HttpResponse::ok)
                .orElseGet(() ->
                        HttpResponse.notFound("{\"message\":\"the running recipe was not verified on this engine\"}"));
    }
}
