package goshawk.appliance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The module graph, each rule with its reason. */
class ModuleGraphTest {

    private static final JavaClasses ours = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("goshawk");

    @Test
    void nativeCodeStaysBehindItsSeams() {
        noClasses()
                .that()
                .resideOutsideOfPackages("goshawk.camera..", "goshawk.trtbuild..", "goshawk.appliance.engine..")
                .and()
                .resideOutsideOfPackages("goshawk.appliance.pose..", "goshawk.appliance.evaluate..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.bytedeco..", "ai.onnxruntime..")
                .because("all else must run on a laptop without GPU or camera, and native memory needs an owner")
                .check(ours);
    }

    @Test
    void theDomainKnowsNothingOfTheOutside() {
        noClasses()
                .that()
                .resideInAPackage("goshawk.appliance.domain..")
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("goshawk.appliance.domain..", "goshawk.camera", "java..", "org.jspecify..")
                .because("a decision must be replayable from its record, without any runtime")
                .check(ours);
    }

    @Test
    void camerasKnowNoEngineAndEnginesKnowNoCamera() {
        noClasses()
                .that()
                .resideInAPackage("goshawk.camera..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("goshawk.trtbuild..", "goshawk.appliance..", "java.sql..", "io.micronaut..")
                .because("only the appliance depends on the other modules")
                .check(ours);
        noClasses()
                .that()
                .resideInAPackage("goshawk.trtbuild..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("goshawk.camera..", "goshawk.appliance..", "java.sql..", "io.micronaut..")
                .because("only the appliance depends on the other modules")
                .check(ours);
    }

    @Test
    void modbusStaysInControl() {
        noClasses()
                .that()
                .resideOutsideOfPackage("goshawk.appliance.control..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.ghgande..")
                .because("a controller may speak another protocol one day")
                .check(ours);
    }

    @Test
    void outsideThingsDoNotKnowEachOther() {
        String[] siblings = {
            "record",
            "publish",
            "control",
            "web",
            "recipe",
            "pose",
            "evaluate",
            "export",
            "api",
            "remote",
            "machine",
            "checkup"
        };
        for (String one : siblings) {
            for (String other : siblings) {
                if (!one.equals(other)) {
                    noClasses()
                            .that()
                            .resideInAPackage("goshawk.appliance." + one + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAPackage("goshawk.appliance." + other + "..")
                            .allowEmptyShould(true)
                            .because("packages meet in the composition root, and share the domain")
                            .check(ours);
                }
            }
        }
    }
}
