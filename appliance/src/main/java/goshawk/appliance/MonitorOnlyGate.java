package goshawk.appliance;

import goshawk.appliance.domain.Disposition;
import goshawk.appliance.domain.PartGate;

/** A station that watches: it has no gate, releases nothing and diverts nothing, and its records say so. */
final class MonitorOnlyGate implements PartGate {

    @Override
    public Disposition release(String part) {
        return Disposition.MONITOR_ONLY;
    }

    @Override
    public Disposition unreleased() {
        return Disposition.MONITOR_ONLY;
    }
}
