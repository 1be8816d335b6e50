import { css, html, nothing } from "lit";
import { defectName } from "../format.js";
import type { Finding } from "../wire.js";
import { words } from "../words.js";

export const answerStyles = css`
  .answer {
    margin: 8px 0 0;
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 12px;
    font-size: 14px;
  }
  .answer dt {
    color: var(--soft);
  }
  .answer dd {
    margin: 0;
    min-width: 0;
    overflow-wrap: anywhere;
  }
`;

/** A model's answer to one question, word for word, and where in the picture it points to. */
export function answer(found: readonly Finding[]) {
  const first = found[0];
  if (first === undefined) return nothing;
  return html`<dl class="answer">
    <dt>${words.answer}</dt>
    <dd><code>${first.answer}</code></dd>
    ${found.map(
      (finding) => html`<dt>${words.region}</dt>
        <dd>
          ${defectName(finding.defect)} ${finding.view} <code>[${finding.region.join(", ")}]</code> px
        </dd>`,
    )}
  </dl>`;
}
