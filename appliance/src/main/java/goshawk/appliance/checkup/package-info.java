/**
 * What an integrator checks on site before a camera is trusted: {@link goshawk.appliance.checkup.Observation} watches a source for a
 * while, {@link goshawk.appliance.checkup.CheckList} judges what was seen, and {@link goshawk.appliance.checkup.SmallestDefects} how
 * large the defects are that the recipe wants found. The docs have the list: {@code docs/cameras.md}.
 */
@NullMarked
package goshawk.appliance.checkup;

import org.jspecify.annotations.NullMarked;
