/**
 * What a machine has that engines care about: {@link goshawk.appliance.machine.Machine} reads it through {@link
 * goshawk.appliance.machine.MachineSource}, commands and files, so that texts captured on other machines can be read in tests; {@link
 * goshawk.appliance.machine.Nvml} tells what a GPU takes while it works.
 */
@NullMarked
package goshawk.appliance.machine;

import org.jspecify.annotations.NullMarked;
