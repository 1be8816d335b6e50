package goshawk.appliance.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import goshawk.appliance.evaluate.Evaluation.Kind;
import goshawk.appliance.evaluate.JudgedPart.Call;
import goshawk.appliance.evaluate.JudgedPart.Found;
import goshawk.camera.PixelScale;
import goshawk.camera.Region;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {

    private static final String TRUTH = """
        file,label,defects,pose
        a.png,good,"[]",0.1;0.2;3
        b.png,good,"[]",0.1;0.2;3
        c.png,scratch,"[[100,100,105,102,""scratch""]]",0;0;0
        d.png,scratch,"[[100,100,150,102,""scratch""]]",0;0;0
        e.png,missing_bolt,"[[10,10,90,90,""missing_bolt""],[100,100,105,102,""dent""]]",0;0;0
        f.png,obscured,"[[10,10,90,90,""obscured_bolt""]]",0;0;0
        """;

    private static final String RESULTS = """
        {"image":"in/a.png","verdict":"PASS","score":0.01,"findings":[],"timingsMs":{"total":100.0},"engine":"e","isSimulated":true}
        {"image":"in/b.png","verdict":"REVIEW","score":0.3,"findings":[],"timingsMs":{"total":300},"isSimulated":true}
        {"image":"in/c.png","verdict":"PASS","score":0.02,"findings":[],"timingsMs":{"total":110}}
        {"image":"in/d.png","verdict":"REJECT","score":0.9,"findings":[{"prompt":"scratch","defect":"scratch","score":0.9,"region":[99,99,150,103]}],"timingsMs":{"total":200}}
        {"image":"in/e.png","verdict":"REJECT","score":0.8,"findings":[{"prompt":"label","defect":"bad_label","score":0.8,"region":[1,1,2,2]}]}
        {"image":"in/f.png","verdict":"NOT_INSPECTED","score":0,"findings":[],"detail":"POSE"}
        {"image":"in/x.png","verdict":"PASS","score":0,"findings":[]}
        """;

    @TempDir
    Path dir;

    private Map<String, KnownPart> truth(String text) throws IOException {
        Files.writeString(dir.resolve("truth.csv"), text);
        return TruthFile.read(dir.resolve("truth.csv"));
    }

    private List<JudgedPart> results(String text) throws IOException {
        Files.writeString(dir.resolve("out.jsonl"), text);
        return ResultsFile.read(dir.resolve("out.jsonl"));
    }

    private Evaluation evaluation() throws IOException {
        return Evaluation.of(results(RESULTS), truth(TRUTH), Optional.of(new PixelScale(90)));
    }

    @Test
    void aBadPartThatPassesIsAnEscapeAndAGoodOneThatDoesNotIsAFalseCall() throws IOException {
        Evaluation evaluation = evaluation();
        assertThat(evaluation.good().caught()).isEqualTo(new Proportion(1, 2));
        assertThat(evaluation.caught()).isEqualTo(new Proportion(3, 4));
        assertThat(evaluation.defects())
                .extracting(Kind::label, Kind::escapes)
                .containsExactly(tuple("scratch", 1), tuple("missing_bolt", 0), tuple("obscured", 0));
    }

    @Test
    void aPartNotInspectedIsCaughtForItLeavesTheLine() throws IOException {
        Kind obscured = evaluation().defects().getLast();
        assertThat(obscured.calls()).containsEntry(Call.NOT_INSPECTED, 1).containsEntry(Call.PASS, 0);
        assertThat(obscured.caught()).isEqualTo(new Proportion(1, 1));
    }

    @Test
    void aPartIsNamedRightlyWhenAFindingNamesADefectThatIsThere() throws IOException {
        assertThat(evaluation().defects())
                .extracting(Kind::label, Kind::named)
                .contains(tuple("scratch", new Proportion(1, 1)), tuple("missing_bolt", new Proportion(0, 1)));
    }

    @Test
    void smallDefectsAreCountedByThemselves() throws IOException {
        // 5 px of 90 µm are 0.45 mm, 50 px are 4.5 mm.
        assertThat(evaluation().sizes())
                .containsExactly(
                        new Evaluation.SizeBand("scratch", 0, 0.75, new Proportion(0, 1)),
                        new Evaluation.SizeBand("scratch", 3, Double.POSITIVE_INFINITY, new Proportion(1, 1)));
    }

    @Test
    void latencyIsOfTheMeasuredPartsByRank() throws IOException {
        assertThat(evaluation().latency()).contains(new Evaluation.Latency(110, 300, 4));
    }

    @Test
    void whatOnlyOneSideKnowsIsNamedAndNotCounted() throws IOException {
        Evaluation evaluation = Evaluation.of(
                results(RESULTS), truth(TRUTH + "g.png,good,\"[]\",0;0;0\n"), Optional.of(new PixelScale(90)));
        assertThat(evaluation.unknown()).containsExactly("x.png");
        assertThat(evaluation.unjudged()).containsExactly("g.png");
        assertThat(evaluation.good().caught().trials()).isEqualTo(2);
        assertThat(EvaluationReport.text(evaluation)).contains("1 picture is in the truth but not judged: g.png");
    }

    @Test
    void theTablesSayWhatACustomerBuys() throws IOException {
        String text = EvaluationReport.text(evaluation());
        assertThat(text)
                .contains("scratch            2      1        1        0               0")
                .contains("False calls: 1 of 2 good parts, 50.0 %; exact 95 % 1.26 … 98.74 %; at most 97.5 % *")
                .contains("scratch up to 0.75 mm")
                .contains("Latency: P50 110 ms, P99 300 ms (4 parts)");
    }

    @Test
    void theJsonHoldsTheSameNumbers() throws IOException {
        JsonNode json = new ObjectMapper().readTree(EvaluationReport.json(evaluation()));
        assertThat(json.at("/good/caught/hits").asInt()).isEqualTo(1);
        assertThat(json.at("/defects/0/label").asText()).isEqualTo("scratch");
        assertThat(json.at("/defects/0/verdicts/REJECT").asInt()).isEqualTo(1);
        assertThat(json.at("/defects/2/caught/atLeast95").asDouble()).isBetween(0.0499, 0.0501);
        assertThat(json.at("/latencyMs/p99").asDouble()).isEqualTo(300);
    }

    @Test
    void boardsAreReportedOneByOneAndTogether() throws IOException {
        Map<String, KnownPart> windows = truth("""
            file,split,label,boxes,board
            images/a.png,val,good,,one
            images/b.png,val,good,,two
            images/c.png,val,defect,"[[1,2,3,4,""open""]]",one
            images/d.png,val,defect,"[[1,2,3,4,""open""]]",two
            """);
        List<BalancedAccuracy> rows = BalancedAccuracy.byGroup(results(RESULTS), windows);
        assertThat(rows)
                .containsExactly(
                        new BalancedAccuracy("one", new Proportion(0, 1), new Proportion(1, 1)),
                        new BalancedAccuracy("two", new Proportion(1, 1), new Proportion(0, 1)),
                        new BalancedAccuracy("all", new Proportion(1, 2), new Proportion(1, 2)));
        assertThat(rows.getLast().share()).isEqualTo(0.5);
        assertThat(BalancedAccuracy.text(rows)).contains("two").contains("50.0 %");
    }

    @Test
    void positionsAreJudgedByWhereTheFindingsAre() throws IOException {
        Map<String, KnownPart> screws = truth("""
            file,split,label,boxes,mask
            images/d.png,val,missing_screw,"[[0,0,200,200,""missing_screw""],[200,0,400,200,""screw""]]",
            images/e.png,val,missing_screw,"[[0,0,200,200,""screw""],[200,0,400,200,""missing_screw""]]",
            images/f.png,val,good,"[[0,0,200,200,""screw""],[200,0,400,200,""screw""]]",
            """);
        assertThat(BalancedAccuracy.byPosition(results(RESULTS), screws, Set.of("missing_screw")))
                .as("d is right twice, e wrong twice, f was not inspected and is wrong twice")
                .containsExactly(
                        new BalancedAccuracy("position 1", new Proportion(1, 1), new Proportion(0, 2)),
                        new BalancedAccuracy("position 2", new Proportion(0, 1), new Proportion(1, 2)),
                        new BalancedAccuracy("all", new Proportion(1, 2), new Proportion(1, 4)));
    }

    @Test
    void aPartIsAsBadAsItsWorstPromptScoreAndDoubtTogether() throws IOException {
        List<JudgedPart> judged = results("""
            {"image":"a.png","verdict":"REVIEW","score":0.2,"findings":[],"scores":{"dent":[[0.2,0.1]],"screw":[[0.1,0.0],[0.05,0.6]]}}
            """);
        assertThat(judged.getFirst().score().orElseThrow()).isEqualTo(0.65);
    }

    @Test
    void oneSplitOfADataSetCanBeRead() throws IOException {
        Path file = dir.resolve("labels.csv");
        Files.writeString(file, "file,split,label,boxes\na.png,train,good,\nb.png,val,good,\n");
        assertThat(TruthFile.read(file, "val")).containsOnlyKeys("b.png");
    }

    @Test
    void aBadLineIsNamedWithFileAndLine() throws IOException {
        assertThatThrownBy(() -> results(RESULTS + "{\"image\":\"y.png\",\"verdict\":\"OK\"}\n"))
                .hasMessageContaining("out.jsonl:8: no line of inspect: ");
        assertThatThrownBy(() -> truth("name,label\na,b\n"))
                .hasMessageEndingWith("truth.csv:1: no column 'file'; want the renderer's truth.csv or a labels.csv");
        assertThatThrownBy(() -> truth("file,label,boxes\na.png,dent,\"[[1,2,3]]\"\n"))
                .hasMessageEndingWith("truth.csv: row 1: marks must be [[x0, y0, x1, y1, \"code\"], ...]");
    }

    @Test
    void atEqualEscapesTheBetterInspectorHasFewerFalseCalls() throws IOException {
        Map<String, KnownPart> truth = truth("""
            file,label
            g1,good
            g2,good
            g3,good
            g4,good
            b1,dent
            b2,dent
            b3,dent
            """);
        List<JudgedPart> model = List.of(
                judged("g1", Call.PASS, 0.1),
                judged("g2", Call.PASS, 0.2),
                judged("g3", Call.PASS, 0.3),
                judged("g4", Call.REJECT, 0.8),
                judged("b1", Call.PASS, 0.25),
                judged("b2", Call.REJECT, 0.7),
                judged("b3", Call.REJECT, 0.9));
        List<JudgedPart> baseline = List.of(
                judged("g1", Call.PASS, 5),
                judged("g2", Call.PASS, 6),
                judged("g3", Call.PASS, 7),
                judged("g4", Call.PASS, 1),
                judged("b1", Call.PASS, 4),
                judged("b2", Call.PASS, 5.5),
                judged("b3", Call.PASS, 9));
        Comparison comparison = Comparison.of(model, baseline, truth);
        // One escape: b2 at 5.5 must be caught, so g2 and g3 are called. One false call: above g2 only b3 is caught.
        assertThat(comparison.rows()).containsExactly(new Comparison.Row("all", 3, 4, 1, 1, 2, 2));
        assertThat(comparison.rows().getFirst().change()).isEqualTo(-0.5);
        assertThat(comparison.text()).contains("1 (25.0 %)").contains("-50 %");
    }

    private static JudgedPart judged(String file, Call call, double score) {
        return new JudgedPart(
                file,
                call,
                OptionalDouble.of(score),
                List.of(new Found("p", "dent", score, new Region(0, 0, 1, 1))),
                OptionalDouble.empty());
    }
}
