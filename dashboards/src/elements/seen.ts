/** How a view of a part is named, and what stands in the place of a picture that did not come. */

import { css, html } from "lit";
import type { Seen } from "../views.js";
import { words } from "../words.js";
import { verdictShape } from "./shapes.js";

export const unseenStyles = css`
  .unseen {
    flex: 1;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 10px;
    min-height: 0;
    overflow: auto;
    padding: 12px 16px;
    text-align: center;
    background: var(--ground);
    overflow-wrap: anywhere;
  }
  .unseen svg {
    width: 44px;
    height: 44px;
    flex: none;
    color: var(--missing);
  }
  .unseen strong {
    font-size: 17px;
  }
  .unseen span {
    max-width: 48ch;
    color: var(--soft);
  }
`;

/** Of a view that did not come: that it did not, and why. Its name stands where those of the others do. */
export function unseen(one: Seen) {
  return html`<div class="unseen">
    ${verdictShape("NOT_INSPECTED")}<strong>${words.noPicture}</strong><span>${one.fault}</span>
  </div>`;
}

/** A view in a few words. */
export function viewName(one: Seen): string {
  if (one.fault === null) return words.viewed(one.view, one.findings.length);
  return one.picture === null ? words.viewMissing(one.view) : words.viewPartial(one.view);
}
