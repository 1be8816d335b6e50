/** The model behind one seam: {@link goshawk.appliance.engine.Engine}. */
@NullMarked
package goshawk.appliance.engine;

import org.jspecify.annotations.NullMarked;
