/** Which picture shows what: a part has one picture, or one of each view. */

import type { Finding, PartView, Row } from "./wire.js";

/** A view with what was found in it; it has no name where there is no other. */
export interface Seen extends PartView {
  findings: Finding[];
}

/** Every view of a part, in their order, also those that did not come; without names, the picture that was kept. */
export function seen(row: Row): Seen[] {
  if (row.views.length === 0) {
    return row.picture === null
      ? []
      : [{ view: "", picture: row.picture, pixelsSha256: null, fault: null, findings: row.findings }];
  }
  return row.views.map((one) => ({
    ...one,
    findings: row.findings.filter((finding) => finding.view === one.view),
  }));
}

/** True when something was seen of the part that nobody is to judge: evidence, which the appliance does not let confirm. */
export function isPartial(row: Row): boolean {
  return row.cause === "PARTIAL" || row.views.some((one) => one.picture !== null && one.fault !== null);
}

/** The view to show where there is room for one: the first that something was found in, or that has a picture. */
export function telling(row: Row): Seen | null {
  const all = seen(row);
  return all.find((one) => one.findings.length > 0) ?? all.find((one) => one.picture !== null) ?? all[0] ?? null;
}

/** This view, where the part has it; otherwise the telling one. */
export function looking(row: Row, view: string | null): Seen | null {
  return seen(row).find((one) => one.view === view) ?? telling(row);
}
