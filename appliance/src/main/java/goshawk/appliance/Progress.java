package goshawk.appliance;

import java.io.Console;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a long work is: a bar on a terminal, nothing where nobody looks. Safe for any thread. */
final class Progress implements AutoCloseable {

    private final Optional<ProgressBar> bar;

    private Progress(Optional<ProgressBar> bar) {
        this.bar = bar;
    }

    static Progress start(String work, long steps) {
        return new Progress(Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .map(_ -> new ProgressBarBuilder()
                        .setTaskName(work)
                        .setInitialMax(steps)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(200)
                        .build()));
    }

    void at(long step) {
        bar.ifPresent(it -> it.stepTo(step));
    }

    /** The same where the number of steps is known only now. */
    void of(long step, long steps) {
        bar.ifPresent(it -> it.maxHint(steps).stepTo(step));
    }

    void step() {
        bar.ifPresent(ProgressBar::step);
    }

    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
    }
}
