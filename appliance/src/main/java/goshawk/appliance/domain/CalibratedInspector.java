package goshawk.appliance.domain;

import goshawk.camera.Views;

/** Gives each score the confidence that a calibration has for it. Verdicts stay what they are: they go by scores. */
public final class CalibratedInspector implements Inspector {

    private final Inspector inspector;
    private final Calibration calibration;

    /** @param inspector taken over: closed with this */
    public CalibratedInspector(Inspector inspector, Calibration calibration) {
        this.inspector = inspector;
        this.calibration = calibration;
    }

    @Override
    public Inspection.Completed inspect(Views views, Deadline deadline) {
        Inspection.Completed seen = inspector.inspect(views, deadline);
        return seen.withScores(seen.scores().stream()
                .map(score -> score.withConfidence(calibration.confidence(score)))
                .toList());
    }

    @Override
    public void close() {
        inspector.close();
    }
}
