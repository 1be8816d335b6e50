package goshawk.camera.sim;

import goshawk.camera.sim.Scene.Circle;
import java.util.function.UnaryOperator;

/**
 * One thing wrong with a part.
 *
 * @param code as in {@link DefectBox}
 * @param bounds holds every change that the defect makes to the picture, mm of the part frame
 * @param onto puts the defect into a scene and leaves the rest as it is
 */
record Defect(PartKind kind, String code, Circle bounds, UnaryOperator<Scene> onto) {}
