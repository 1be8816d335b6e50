package goshawk.appliance;

import goshawk.appliance.api.ApiServer;
import goshawk.appliance.remote.RemoteServer;
import goshawk.appliance.remote.SecondOpinionInspector;
import java.util.Optional;

/**
 * What a station's model has to do with other machines: nothing, unless the station's file says so.
 *
 * @param api where the station's model answers others
 * @param secondOpinion whom to ask beside the station's model
 * @param engine whom to ask instead of a model of the station's own
 */
record Network(
        Optional<ApiServer.Door> api,
        Optional<SecondOpinionInspector.Settings> secondOpinion,
        Optional<RemoteServer> engine) {

    static final Network NONE = new Network(Optional.empty(), Optional.empty(), Optional.empty());
}
