package goshawk.appliance;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a long work is: a bar on a terminal, nothing where nobody looks. Safe for any thread. */
final class Progress implements AutoCloseable {

    private final ProgressBar bar;

    private Progress(ProgressBar bar) {
        this.bar = bar;
    }

    static Progress start(String work, long steps) {
        return new Progress(new ProgressBarBuilder()
                .setTaskName(work)
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(System.console() == null ? Integer.MAX_VALUE : 200)
                .build());
    }

    void at(long step) {
        bar.stepTo(step);
    }

    void step() {
        bar.step();
    }

    @Override
    public void close() {
        bar.close();
    }
}
