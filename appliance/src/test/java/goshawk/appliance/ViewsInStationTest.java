package goshawk.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.appliance.StationConfig.Source;
import goshawk.appliance.domain.Prompts;
import goshawk.appliance.domain.RecipeDraft;
import goshawk.appliance.domain.Severity;
import goshawk.appliance.recipe.ConfigurationException;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewsInStationTest {

    private static final String REST = "recipe: r.yaml\ndata: var\n";
    private static final String SEVERAL = REST + """
        views:
          front:
            source: {kind: genicam, address: "1234"}
            cameraCalibration: front.json
          side:
            source: {kind: rtsp, address: "rtsp://10.0.0.7/main"}
        trigger: {kind: mqtt, match: time, before: 20 ms, after: 20 ms}
        """;
    private static final String LIT = REST + """
        source:
          kind: genicam
          address: "1234"
          features: {TriggerMode: On, TriggerSource: Software}
        lights:
          bright: {features: {LineSelector: Line1, UserOutputValue: true}}
          dark: {features: {LineSelector: Line1, UserOutputValue: false}}
        """;

    @TempDir
    Path dir;

    private StationConfig read(String text) throws IOException {
        return StationConfig.read(Files.writeString(dir.resolve("s.yaml"), text));
    }

    @Test
    void severalCamerasHaveASourceEach() throws IOException {
        Source source = read(SEVERAL).source();
        assertThat(source.viewNames()).containsExactly("front", "side");
        assertThat(source).isInstanceOfSatisfying(Source.Several.class, it -> {
            assertThat(it.views().firstEntry().getValue().source()).isInstanceOf(Source.Genicam.class);
            assertThat(it.views().firstEntry().getValue().calibration()).contains(dir.resolve("front.json"));
            assertThat(it.views().lastEntry().getValue().source()).isInstanceOf(Source.Rtsp.class);
            assertThat(it.views().lastEntry().getValue().calibration()).isEmpty();
        });
        assertThat(StationConfig.isOne(dir.resolve("s.yaml"))).isTrue();
    }

    @Test
    void oneCameraHasItsLightsInTheirOrder() throws IOException {
        Source source = read(LIT).source();
        assertThat(source.viewNames()).containsExactly("bright", "dark");
        assertThat(source)
                .isInstanceOfSatisfying(
                        Source.Lit.class,
                        it -> assertThat(it.lights().getLast().features())
                                .containsExactly(
                                        Map.entry("LineSelector", "Line1"), Map.entry("UserOutputValue", "false")));
        Source byThemselves = read(REST
                        + "source: {kind: genicam, address: \"1\", features: {TriggerMode: On, TriggerSource: Line0}}\nlights: [bright, dark, cross]\ntrigger: {kind: encoder, count: c, distance: 9, within: 100 ms}\n")
                .source();
        assertThat(byThemselves.viewNames()).containsExactly("bright", "dark", "cross");
        assertThat(read(REST + "source: {kind: simulated}\nlights: [dark, bright]\n")
                        .source()
                        .isSimulated())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        'rtsp, address: "rtsp://10.0.0.7/main"' | 'genicam, address: "1234"' | views 'front' and 'side' are both camera 1234; where they are its lights write 'source' and 'lights'
        'rtsp, address: "rtsp://10.0.0.7/main"' | 'folder, address: pictures' | cameras of several views are triggered together, this kind has triggers of its own; kinds are rtsp, v4l2 and genicam
        'match: time, before: 20 ms, after: 20 ms'    | 'match: number'  | 'match' by number wants cameras that all number their pictures
        'kind: mqtt, match: time, before: 20 ms, after: 20 ms'    | 'kind: camera'  | where the first view's pictures are the trigger, the other views' are found by time: match: time
        'recipe: r.yaml' | 'recipe: r.yaml\\nsource: {kind: simulated}' | a station with 'views' has 'source' in each of them, if at all
        """)
    void mistakesAboutSeveralCamerasAreNamed(String part, String mistake, String problem) {
        assertThatThrownBy(() -> read(SEVERAL.replace(part, mistake.replace("\\n", "\n"))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(problem)
                .hasMessageContaining("s.yaml:");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        'TriggerMode: On, ' | ''                      | lights want a camera that exposes at its trigger
        'Software'          | 'Line0'                 | lights that are switched by 'features' want the camera to be triggered for each
        'dark: {features: {LineSelector: Line1, UserOutputValue: false}}' | 'dark: {}' | either each light has 'features', or they follow each other by themselves
        'data: var'         | 'data: var\\ntrigger: {kind: camera}'  | lights want a trigger that is told: kind takt, mqtt or encoder
        'data: var'         | 'data: var\\ntrigger: {kind: mqtt, match: time, before: 9 ms, after: 9 ms}' | pictures of lights are told by the camera's own count: leave 'match' out
        """)
    void mistakesAboutLightsAreNamed(String part, String mistake, String problem) {
        assertThatThrownBy(() -> read(LIT.replace(part, mistake.replace("\\n", "\n"))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(problem);
    }

    @Test
    void lightsAreOfCamerasThatKnowWhenTheyExpose() {
        assertThatThrownBy(() -> read(REST + "source: {kind: v4l2, address: /dev/video0}\nlights: [a, b]\n"))
                .hasMessageContaining("a camera of this kind takes its pictures when it likes");
        assertThatThrownBy(() -> read(REST + "source: {kind: simulated}\nlights: [bright, cross]\n"))
                .hasMessageContaining("the simulated station has no light 'cross'; it has [bright, dark]");
        assertThatThrownBy(() -> read(REST + "source: {kind: simulated}\nlights: [bright]\n"))
                .hasMessageContaining("'lights' are two or more");
    }

    @Test
    void recipeAndStationHaveTheSameViewsOrNothingStarts() throws IOException {
        var plain = RecipeDraft.of(640, 480, Map.of("plate", new Region(0, 0, 9, 9)))
                .asking(Prompts.of("p", "Is it?", List.of("d"), List.of("plate"), Severity.MINOR, 0.5, 0.2))
                .recipe();
        assertThatThrownBy(() -> read(SEVERAL).require(plain))
                .isInstanceOf(CommandException.class)
                .hasMessage(
                        "recipe bracket has one view without a name, the station's file has the views [front, side]; make them the same");
    }
}
