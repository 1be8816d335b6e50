-- What operators say about inspections. Nothing is changed or removed: whoever thinks again adds a row, and the newest counts.

CREATE TABLE confirmation (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  inspection   INTEGER NOT NULL REFERENCES inspection (id),
  label        TEXT    NOT NULL CHECK (label IN ('PASS', 'REJECT', 'REVIEW')),
  defects      TEXT    NOT NULL CHECK (json_valid(defects)), -- [{defect, region: [x0, y0, x1, y1] px}]
  confirmed_by TEXT    NOT NULL,
  at_us        INTEGER NOT NULL,                             -- UTC, microseconds since 1970
  CHECK ((label = 'REJECT') = (defects <> '[]') OR label = 'REVIEW')
) STRICT;

CREATE INDEX confirmation_inspection ON confirmation (inspection, id);
