package goshawk.appliance.domain;

/** How long a part's picture is worth its disk space. Within each class, pictures of passed parts go first. */
public enum Retention {
    SHORT,
    STANDARD,
    LONG
}
