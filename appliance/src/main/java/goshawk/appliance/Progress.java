package goshawk.appliance;

import java.io.Console;
import java.util.Optional;
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
                .setUpdateIntervalMillis(isTerminal() ? 200 : Integer.MAX_VALUE)
                .build());
    }

    private static boolean isTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
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
