/**
 * The part of Jinja that chat templates are written in.
 *
 * <p>Our own, because the one Jinja for Java (Jinjava) lends templates the methods of Java's strings, not Python's: {@code
 * split('</think>')[-1].lstrip('\n')} and {@code messages[::-1]} of the published templates fail in it, and it brings
 * eight libraries.
 *
 * <p>What is taken: {@code if}, {@code for} (with filter, {@code else}, {@code loop}, {@code break}, {@code continue}),
 * {@code set}, {@code macro}, {@code generation}; all operators, slices, conditional expressions; the tests, filters and
 * methods that {@code Builtins} lists; white space as Hugging Face's environment has it ({@code trim_blocks}, {@code
 * lstrip_blocks}). Anything else is refused by name when the template is read, not when a part is waiting.
 */
@NullMarked
package goshawk.trtbuild.jinja;

import org.jspecify.annotations.NullMarked;
