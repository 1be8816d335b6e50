/**
 * What people and monitoring read over HTTP: {@link goshawk.appliance.web.DashboardServer} starts it, everything else is
 * found by Micronaut. Reads the history and never writes: no request can change a verdict, hold the line or reach the
 * gate.
 *
 * <p>What goes over the wire are the {@code @Serdeable} records of this package, not the domain's: the domain can change
 * without breaking a page in a factory. The page's side of them is {@code dashboards/src/wire.ts}.
 */
@Configuration
@Requires(property = "goshawk.server", value = "dashboard")
@NullMarked
package goshawk.appliance.web;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
