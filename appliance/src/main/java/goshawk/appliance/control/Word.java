package goshawk.appliance.control;

import com.ghgande.j2mod.modbus.procimg.IllegalAddressException;
import com.ghgande.j2mod.modbus.procimg.Register;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/** A register as j2mod wants it: 16 bits, the high byte first on the wire. */
final class Word implements Register {

    private final IntSupplier told;
    private final IntConsumer written;

    private Word(IntSupplier told, IntConsumer written) {
        this.told = told;
        this.written = written;
    }

    static Word written(IntSupplier told, IntConsumer written) {
        return new Word(told, written);
    }

    /** Whoever writes to it is answered that there is no such address to write to. */
    static Word readOnly(IntSupplier told) {
        return new Word(told, _ -> {
            throw new IllegalAddressException("it is read only");
        });
    }

    @Override
    public int getValue() {
        return told.getAsInt() & 0xFFFF;
    }

    @Override
    public int toUnsignedShort() {
        return getValue();
    }

    @Override
    public short toShort() {
        return (short) getValue();
    }

    @Override
    public byte[] toBytes() {
        int value = getValue();
        return new byte[] {(byte) (value >> Byte.SIZE), (byte) value};
    }

    @Override
    public void setValue(int value) {
        written.accept(value & 0xFFFF);
    }

    @Override
    public void setValue(short value) {
        setValue((int) value);
    }

    @Override
    public void setValue(byte[] bytes) {
        setValue((bytes[0] & 0xFF) << Byte.SIZE | (bytes[1] & 0xFF));
    }
}
