package goshawk.appliance.domain;

/** What a defect means to the customer; orders findings, decides no verdict. */
public enum Severity {
    CRITICAL,
    MAJOR,
    MINOR
}
