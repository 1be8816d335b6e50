package goshawk.appliance.remote;

/** Another machine's model gave no verdict; the message says what it did instead. */
final class RemoteException extends RuntimeException {

    private final boolean isLate;

    private RemoteException(String message, Throwable cause, boolean isLate) {
        super(message, cause);
        this.isLate = isLate;
    }

    static RemoteException late(String message, Throwable cause) {
        return new RemoteException(message, cause, true);
    }

    static RemoteException failed(String message, Throwable cause) {
        return new RemoteException(message, cause, false);
    }

    static RemoteException failed(String message) {
        return new RemoteException(message, new IllegalStateException(message), false);
    }

    boolean isLate() {
        return isLate;
    }
}
