/**
 * What pictures must be like to be judged, and whether they are getting worse: {@link goshawk.appliance.quality.QualityGate} stands
 * before the model, {@link goshawk.appliance.quality.QualityWatch} remembers how pictures were when the station was commissioned.
 */
@NullMarked
package goshawk.appliance.quality;

import org.jspecify.annotations.NullMarked;
