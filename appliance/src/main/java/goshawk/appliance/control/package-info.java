/**
 * What a controller (PLC) tells the station and reads from it: {@link goshawk.appliance.control.ModbusTriggers}. Nothing here
 * ever releases a part.
 */
@NullMarked
package goshawk.appliance.control;

import org.jspecify.annotations.NullMarked;
