/** From a Hugging Face checkpoint folder to an engine folder. */
@NullMarked
package goshawk.trtbuild;

import org.jspecify.annotations.NullMarked;
