/**
 * An engine in a process of its own. {@link goshawk.appliance.engine.process.EngineProcess} is the engine as the line sees
 * it: it starts the process, watches it and starts it again. {@link goshawk.appliance.engine.process.EngineHost} is the
 * process: it opens an engine and answers one call after the other. Between them go {@code Call} and {@code Answer}
 * through pipes, and numbers through {@code SharedMemory}. {@code ChildProcess} is one process as its parent sees it, {@code
 * ChildEngine} the engine in it.
 */
@NullMarked
package goshawk.appliance.engine.process;

import org.jspecify.annotations.NullMarked;
