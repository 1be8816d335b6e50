/**
 * What subscribers hear. {@link goshawk.appliance.publish.OutboxPublisher} carries the outbox to an MQTT broker, at least
 * once; {@link goshawk.appliance.publish.EmbeddedBroker} is a broker for stations that have no other. Messages inform:
 * nothing here ever releases a part.
 */
@NullMarked
package goshawk.appliance.publish;

import org.jspecify.annotations.NullMarked;
