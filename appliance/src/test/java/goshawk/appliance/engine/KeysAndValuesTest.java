package goshawk.appliance.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import goshawk.trtbuild.tensorrt.KernelCompiler;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where attention is told to read and write. */
class KeysAndValuesTest {

    private static final KeysAndValues.Layout LAYOUT = new KeysAndValues.Layout(3, 2, 64);

    private final List<String> freed = new ArrayList<>();
    private final KeysAndValues place = new KeysAndValues(1 << 20, 256, LAYOUT, () -> freed.add("place"));
    private final KeysAndValues scratch =
            new KeysAndValues(1 << 10, 100, LAYOUT.ofOneLayer(), () -> freed.add("scratch"));

    private static long[] written(AttentionPlaces places) {
        MemorySegment bytes = MemorySegment.ofArray(new long[AttentionPlaces.BYTES / Long.BYTES]);
        places.write(bytes);
        return bytes.toArray(ValueLayout.JAVA_LONG);
    }

    @Test
    void whatIsAppendedIsSeenByWhatComesNext() {
        assertThat(LAYOUT.bytes(256)).isEqualTo(3 * 2 * 2 * 256 * 64);
        long head = 256 * 64;
        long layer = 2 * 2 * head;
        assertThat(written(place.append(40)))
                .containsExactly(AttentionPlaces.MAGIC, 1 << 20, layer, head, 0, 1 << 20, layer, head, 0, 40);
        assertThat(written(place.append(1)))
                .containsExactly(AttentionPlaces.MAGIC, 1 << 20, layer, head, 40, 1 << 20, layer, head, 40, 1);
    }

    @Test
    void whatIsNotKeptIsWrittenElsewhereByEachLayer() {
        place.append(40);
        assertThat(written(place.aside(30, scratch, 100)))
                .containsExactly(
                        AttentionPlaces.MAGIC, 1 << 20, 4 * 256 * 64, 256 * 64, 30, 1 << 10, 0, 100 * 64, 0, 100);
        assertThat(place.append(1).first()).as("nothing of it counts").isEqualTo(40);
    }

    @Test
    void nothingIsWrittenWhereThereIsNoRoom() {
        place.append(250);
        assertThat(place.canAppend(250, 6)).isTrue();
        assertThat(place.canAppend(250, 7)).isFalse();
        assertThatThrownBy(() -> place.append(7)).hasMessage("7 tokens behind 250 in room for 256");
        assertThatThrownBy(() -> place.aside(250, scratch, 101)).hasMessage("101 tokens behind 0 in room for 100");
        assertThat(place.append(6).first()).isEqualTo(250);
    }

    @Test
    void whoHoldsAnEarlierStateCannotAppendToIt() {
        place.append(40);
        assertThat(place.canAppend(39, 1)).isFalse();
        var copied = new ArrayList<List<Long>>();
        var other = new KeysAndValues(1 << 22, 512, LAYOUT, () -> {});
        other.begin(
                place,
                39,
                (to, toPitch, from, fromPitch, width, rows) ->
                        copied.add(List.of(to, toPitch, from, fromPitch, width, rows)));
        assertThat(copied).containsExactly(List.of(1L << 22, 512L * 64, 1L << 20, 256L * 64, 39L * 64, 3L * 2 * 2));
        assertThat(other.append(2).pastTokens()).isEqualTo(39);
    }

    @Test
    void itIsFreedWhenNobodyHoldsIt() {
        place.hold();
        place.hold();
        place.release();
        assertThat(freed).isEmpty();
        place.release();
        assertThat(freed).containsExactly("place");
    }

    @Test
    void kernelsKnowPlacesByTheSameMark() {
        assertThat(KernelCompiler.sources()).contains("#define MAGIC 0x%XLL\n".formatted(AttentionPlaces.MAGIC));
    }

    @Test
    void placesOfNoTokensAreNone() {
        var room = new AttentionPlaces.Room(0, 0, 0);
        assertThatThrownBy(() -> new AttentionPlaces(room, 5, room, 5, 0)).hasMessageContaining("0 tokens at 5");
        assertThatThrownBy(() -> new AttentionPlaces(room, -1, room, 0, 1)).hasMessageContaining("behind -1 others");
    }
}
