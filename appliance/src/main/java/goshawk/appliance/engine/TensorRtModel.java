package goshawk.appliance.engine;

import goshawk.trtbuild.EngineFolder;
import goshawk.trtbuild.Manifest;
import goshawk.trtbuild.MemoryNeed;
import goshawk.trtbuild.PlanLimits;
import goshawk.trtbuild.VisionTables;
import goshawk.trtbuild.tensorrt.DecodeKernels;
import goshawk.trtbuild.tensorrt.Device;
import goshawk.trtbuild.tensorrt.NativeCallException;
import goshawk.trtbuild.tensorrt.OperatorSizes;
import goshawk.trtbuild.tensorrt.Plan;
import goshawk.trtbuild.tensorrt.TextOperators;
import goshawk.trtbuild.tensorrt.TextWeights;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** A model in TensorRT's plans on this machine's GPU: the vision tower beside the language model. */
final class TensorRtModel implements NativeModel {

    private final Releases places = new Releases();
    private final PlanLimits limits;
    private final DeviceVision vision;
    private final DeviceText text;

    private TensorRtModel(EngineFolder folder, Manifest.Plans plans) throws IOException {
        Device.open();
        Device.limitStacks();
        this.limits = plans.limits();
        Plan visionPlan = Plan.load(folder.visionPlan());
        DeviceText.Loaded loaded = text(folder);
        long seeing = DeviceVision.scratchBytes(visionPlan);
        long reading = loaded.scratchBytes(limits);
        Workplace readingPlace = places.own(
                new Workplace(limits.isOverlapped() ? reading : Math.max(seeing, reading)), Workplace::close);
        Workplace seeingPlace =
                limits.isOverlapped() ? places.own(new Workplace(seeing), Workplace::close) : readingPlace;
        this.vision = new DeviceVision(visionPlan, seeingPlace, folder.config(), limits);
        this.text = new DeviceText(folder, loaded, readingPlace, limits);
    }

    private static DeviceText.Loaded text(EngineFolder folder) throws IOException {
        TextOperators operators = TextOperators.load(
                folder.operatorKernels(), OperatorSizes.of(folder.config().text()));
        Optional<Path> few = folder.decodeKernels();
        TextWeights weights = weights(folder.weights(), few.isPresent());
        Optional<DecodeKernels> kernels = Optional.empty();
        if (few.isPresent()) {
            kernels = Optional.of(
                    DecodeKernels.load(few.get(), folder.decodeSizes().orElseThrow(), operators, weights));
        }
        return new DeviceText.Loaded(Plan.load(folder.textPlan(), operators), weights, kernels);
    }

    private static TextWeights weights(Path file, boolean isWhole) {
        try (TextWeights.Source source = TextWeights.open(file, isWhole)) {
            if (Device.freeBytes() < source.bytes()) {
                throw new EngineException("the text's weights need %s on the GPU, %s are free; free some of it"
                        .formatted(MemoryNeed.words(source.bytes()), MemoryNeed.words(Device.freeBytes())));
            }
            return source.load();
        }
    }

    /** @throws EngineException if there is no GPU or no TensorRT, the plans are another one's, or memory is short */
    static TensorRtModel load(EngineFolder folder) {
        return guarded(() -> {
            try {
                return new TensorRtModel(
                        folder, Objects.requireNonNull(folder.manifest().plans(), "no plans"));
            } catch (IOException e) {
                throw new EngineException("cannot read the plans in %s: %s".formatted(folder.path(), e), e);
            }
        });
    }

    static <T> T guarded(Supplier<T> work) {
        try {
            return work.get();
        } catch (NativeCallException e) {
            throw new EngineException.CallFailed(e.call(), e);
        }
    }

    @Override
    public long freeBytes() {
        return guarded(Device::freeBytes);
    }

    @Override
    public Pass pass() {
        return new Pass(limits.prefillTokens(), limits.asked());
    }

    @Override
    public Features see(MemorySegment pixels, int frames, int rows, int columns, VisionTables tables) {
        return guarded(() -> vision.see(pixels, frames, rows, columns, tables));
    }

    @Override
    public Past nothing() {
        return text.nothing();
    }

    @Override
    public Past prefill(Past past, Words words, boolean[] isSeen, List<Features> shown) {
        return guarded(() -> {
            List<DeviceVision.Seen> own =
                    shown.stream().map(DeviceVision.Seen.class::cast).toList();
            if (own.size() > 1) {
                try (DeviceVision.Seen all = vision.joined(own, text.stream())) {
                    return text.prefill((DeviceText.Said) past, words, isSeen, Optional.of(all));
                }
            }
            return text.prefill(
                    (DeviceText.Said) past, words, isSeen, own.stream().findFirst());
        });
    }

    @Override
    public FloatBuffer suffix(Past past, Words words, ContinuationTree tree) {
        return guarded(() -> text.suffix((DeviceText.Said) past, words, tree));
    }

    @Override
    public Past decode(Past past, Words one) {
        return guarded(() -> text.decode((DeviceText.Said) past, one));
    }

    @Override
    public FloatBuffer logits() {
        return guarded(() -> text.logits(1));
    }

    @Override
    public void close() {
        guarded(() -> {
            vision.close();
            text.close();
            places.close();
            return true;
        });
    }
}
