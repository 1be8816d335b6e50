/** Recipes and other settings from YAML files, read strictly: every complaint names the file, the line and the rule. */
@NullMarked
package goshawk.appliance.recipe;

import org.jspecify.annotations.NullMarked;
