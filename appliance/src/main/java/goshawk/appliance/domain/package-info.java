/** What we know and what can happen: records, sealed types, pure decisions and ports. Imports the JDK and the value types of {@code goshawk.camera}, nothing else. */
@NullMarked
package goshawk.appliance.domain;

import org.jspecify.annotations.NullMarked;
