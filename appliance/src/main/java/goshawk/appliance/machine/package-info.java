/**
 * What a machine has that engines care about: {@link goshawk.appliance.machine.Machine} reads it through {@link
 * goshawk.appliance.machine.MachineSource}, commands and files, so that texts captured on other machines can be read in tests.
 */
@NullMarked
package goshawk.appliance.machine;

import org.jspecify.annotations.NullMarked;
