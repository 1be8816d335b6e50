/**
 * How fast an engine is, whichever runtime it has: {@link goshawk.appliance.bench.EngineBench} measures an open one with random
 * pictures and tokens, {@link goshawk.appliance.bench.BenchResult} is what came of it, and {@link
 * goshawk.appliance.bench.BenchReport} sets results beside transformers and beside the floor.
 */
@NullMarked
package goshawk.appliance.bench;

import org.jspecify.annotations.NullMarked;
