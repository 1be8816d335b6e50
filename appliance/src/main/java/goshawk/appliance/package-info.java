/** The appliance: the line on one page, the command line, and the composition of everything else. */
@NullMarked
package goshawk.appliance;

import org.jspecify.annotations.NullMarked;
