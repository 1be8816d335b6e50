import { css, html, nothing } from "lit";
import { classMap } from "lit/directives/class-map.js";
import { conclusion, counterpart, explained, saying } from "../explain.js";
import { duration, score } from "../format.js";
import type { Detail, Finding, Score } from "../wire.js";
import { words } from "../words.js";
import { answer } from "./answer.js";
import { verdictShape } from "./shapes.js";
import { verdictLabel } from "./shared.js";

export const secondStyles = css`
  .second.silent {
    border-left-style: dashed;
    border-left-color: var(--missing);
  }
  .second .model {
    overflow-wrap: anywhere;
  }
  .second .why {
    margin-top: 4px;
    overflow-wrap: anywhere;
  }
  .besides {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 104px 104px;
    gap: 0 12px;
    margin-top: 8px;
    font-size: 14px;
  }
  .besides .row {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
    border-top: 1px solid var(--line);
    padding: 4px 0;
  }
  .besides .row.columns {
    border-top: 0;
    color: var(--soft);
    font-size: 12.5px;
    padding: 0 0 3px;
  }
  .besides .row.differs .asked {
    font-weight: 600;
  }
  .besides .row > :nth-child(2),
  .besides .row > :nth-child(3) {
    justify-self: end;
  }
  .besides .answer {
    grid-column: 1 / -1;
    margin: 3px 0;
  }
`;

/**
 * What another machine's model said, beside what the line's own said to the same questions.
 *
 * @param look is told what it found when a pointer rests on an answer, and of nothing when it leaves
 */
export function second(shown: Detail, look: (found: Finding[]) => void) {
  const said = shown.secondOpinion;
  if (said === null) return nothing;
  const { verdict } = shown.row;
  const found = explained(said.scores, said.findings);
  const changed = said.verdict !== null && verdict !== said.ownVerdict;
  return html`<h3>${words.second}</h3>
    <div
      class="prompt second ${classMap({
        silent: said.verdict === null,
        rejects: changed && verdict === "REJECT",
        doubts: changed && verdict === "REVIEW",
      })}"
    >
      <div class="question">
        <strong>${conclusion(said, verdict)}</strong>
        ${said.verdict === null ? nothing : verdictLabel(said.verdict)}
      </div>
      <div class="meta model">
        ${said.model}${said.state === "NOT_ASKED" ? nothing : ` · ${words.secondAfter[said.state]} ${duration(said.ms)}`}
      </div>
      ${
        said.verdict === null
          ? html`<div class="why">${said.detail}</div>`
          : html`<div class="besides">
              <div class="row columns">
                <span>${words.question}</span><span>${words.secondOwn}</span><span>${words.secondOther}</span>
              </div>
              ${said.scores.map((one, i) => besides(one, shown, found[i] ?? [], look))}
            </div>`
      }
    </div>`;
}

function besides(other: Score, shown: Detail, found: Finding[], look: (found: Finding[]) => void) {
  const own = counterpart(other, shown.scores);
  const differs = own !== undefined && saying(own) !== saying(other);
  const isAskedOften = shown.scores.some((one) => one.prompt === other.prompt && one.region !== other.region);
  return html`<div
    class="row ${classMap({ differs })}"
    @pointerenter=${() => look(found)}
    @pointerleave=${() => look([])}
  >
    <span class="asked"
      >${other.question}${isAskedOften ? html` <span class="soft">${words.lookedAt} ${other.region}</span>` : nothing}</span
    >
    ${own === undefined ? html`<span></span>` : figure(own)} ${figure(other)} ${answer(found)}
  </div>`;
}

function figure(one: Score) {
  const verdict = saying(one);
  return html`<span class="verdict ${verdict}" title="${words.doubt} ${score(one.doubt)}"
    >${verdictShape(verdict)}<span class="figure">${score(one.score)}</span></span
  >`;
}
