/**
 * Everything between a frame and a finding: the cut of each region, the conversation, the scores, and answers that a
 * grammar keeps in form. Start at {@link goshawk.appliance.inspect.ModelInspector}.
 */
@NullMarked
package goshawk.appliance.inspect;

import org.jspecify.annotations.NullMarked;
