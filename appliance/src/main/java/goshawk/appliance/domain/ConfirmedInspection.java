package goshawk.appliance.domain;

/** An inspection, and the last that an operator said about it. */
public record ConfirmedInspection(RecordedInspection inspection, Confirmation confirmation) {}
