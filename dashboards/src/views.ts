/** Which picture shows what: a part has one picture, or one of each view. */

import type { Finding, Row } from "./wire.js";

/** A picture with what was found in it; its view has no name where there is no other. */
export interface Seen {
  view: string;
  picture: string;
  pixelsSha256: string | null;
  findings: Finding[];
}

/** Every picture that was kept of a part, in the order of its views. */
export function seen(row: Row): Seen[] {
  if (row.views.length === 0) {
    return row.picture === null
      ? []
      : [{ view: "", picture: row.picture, pixelsSha256: null, findings: row.findings }];
  }
  return row.views.map((one) => ({
    ...one,
    findings: row.findings.filter((finding) => finding.view === one.view),
  }));
}

/** The picture to show where there is room for one: the first that something was found in, or the first. */
export function telling(row: Row): Seen | null {
  const all = seen(row);
  return all.find((one) => one.findings.length > 0) ?? all[0] ?? null;
}

/** The picture of this view, where it was kept; otherwise the telling one. */
export function looking(row: Row, view: string | null): Seen | null {
  return seen(row).find((one) => one.view === view) ?? telling(row);
}
