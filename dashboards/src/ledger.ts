/** Do the books agree? */

import type { Station } from "./wire.js";
import { words } from "./words.js";

export interface Books {
  recorded: boolean;
  published: boolean;
  bad: boolean;
  text: string;
}

/** Triggers that may be under way on a healthy line: one in hand, and those whose frames wait in the camera's slots. */
const inHand = 4;

/**
 * Between a trigger and its record there is always a moment, so a small difference on a running line is a part in hand; on
 * a line that stopped it is a loss, and so is a large one at any time.
 */
export function ledger(station: Station | null): Books {
  if (station === null) return { recorded: true, published: true, bad: false, text: "" };
  const open = station.triggers - station.records - station.alarms;
  const recorded = station.triggers === station.records;
  const published = station.published === station.records && station.outbox === 0;
  const mayBeInHand = station.state === "RUNNING" || station.state === "STARTING";
  if (open < 0 || open > inHand || (open > 0 && !mayBeInHand)) {
    return { recorded, published, bad: true, text: words.ledgerUneven(open) };
  }
  if (station.alarms > 0) return { recorded, published, bad: true, text: words.ledgerAlarms(station.alarms) };
  if (open > 0) return { recorded, published, bad: false, text: words.ledgerInHand };
  return { recorded, published, bad: false, text: published ? words.ledgerEven : words.ledgerBusy };
}
