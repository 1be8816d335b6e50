/** What the station's HTTP servers have in common: {@link goshawk.appliance.http.HttpServer}, and nothing of what they serve. */
@NullMarked
package goshawk.appliance.http;

import org.jspecify.annotations.NullMarked;
