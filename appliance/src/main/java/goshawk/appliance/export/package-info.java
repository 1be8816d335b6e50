/**
 * Confirmed parts as a data set that a model can be trained with: {@link goshawk.appliance.export.ConversationDataSet}.
 */
@NullMarked
package goshawk.appliance.export;

import org.jspecify.annotations.NullMarked;
