-- The station's history. Times *_at_us are UTC, microseconds since 1970; durations *_us are microseconds on the
-- monotonic clock, counted from the trigger where they end in took or after.

CREATE TABLE inspection (
  id                   INTEGER PRIMARY KEY AUTOINCREMENT, -- strictly rising, never used twice
  run                  INTEGER NOT NULL,                  -- when the appliance was started, UTC microseconds
  trigger_id           INTEGER NOT NULL,                  -- strictly rising within the run
  part                 TEXT    NOT NULL,
  attempt              INTEGER NOT NULL CHECK (attempt >= 1),
  work_order           TEXT    NOT NULL,
  shift                TEXT    NOT NULL,
  at_us                INTEGER NOT NULL,                  -- the trigger
  is_simulated         INTEGER NOT NULL CHECK (is_simulated IN (0, 1)),
  verdict              TEXT    NOT NULL CHECK (verdict IN ('PASS', 'REJECT', 'REVIEW', 'NOT_INSPECTED')),
  cause                TEXT    CHECK ((verdict = 'NOT_INSPECTED') = (cause IS NOT NULL)),
  detail               TEXT    NOT NULL,                  -- of the cause, otherwise empty
  score                REAL,                              -- the highest REJECT share of any prompt; null when none was asked
  findings             TEXT    NOT NULL CHECK (json_valid(findings)), -- [{prompt, defect, score, region: [x0, y0, x1, y1] px, answer}]
  scores               TEXT    NOT NULL CHECK (json_valid(scores)),   -- [{prompt, question, defects, region, severity, score, doubt, rejectAt, reviewAt}]
  took_us              INTEGER NOT NULL,                  -- trigger to verdict
  pose_us              INTEGER,
  vision_us            INTEGER,
  prefill_us           INTEGER,
  score_us             INTEGER,
  explain_us           INTEGER,
  recipe               TEXT    NOT NULL,
  recipe_version       TEXT    NOT NULL,
  recipe_hash          TEXT    NOT NULL,
  prompts_hash         TEXT    NOT NULL,
  engine               TEXT    NOT NULL,
  engine_hash          TEXT    NOT NULL,
  engine_precision     TEXT    NOT NULL,
  engine_runtime       TEXT    NOT NULL,
  picture              TEXT,                              -- below images/, e.g. 2026-11-22/1763805600000000-17.png
  picture_width        INTEGER,                           -- px
  picture_height       INTEGER,                           -- px
  pixels_sha256        TEXT,                              -- over the RGB bytes, not the file
  disposition          TEXT    NOT NULL CHECK (disposition IN ('RELEASED', 'DIVERTED', 'MONITOR_ONLY', 'UNCONFIRMED')),
  disposition_at_us    INTEGER NOT NULL,
  disposition_after_us INTEGER NOT NULL,                  -- trigger to disposition
  disposition_detail   TEXT    NOT NULL,
  UNIQUE (run, trigger_id),
  CHECK (verdict = 'NOT_INSPECTED' OR picture IS NOT NULL),
  CHECK ((picture IS NULL) = (pixels_sha256 IS NULL)),
  CHECK (disposition <> 'RELEASED' OR verdict = 'PASS')
) STRICT;

CREATE INDEX inspection_part ON inspection (part);
CREATE INDEX inspection_at ON inspection (at_us, verdict, cause); -- what statistics read, without the large rows
CREATE INDEX inspection_verdict ON inspection (verdict, id);

-- Written with its inspection, removed when the broker has acknowledged the message.
CREATE TABLE outbox (
  inspection INTEGER PRIMARY KEY REFERENCES inspection (id)
) STRICT;
