-- What was read of the codes on the part, and what was expected there.
ALTER TABLE inspection ADD COLUMN readings TEXT NOT NULL DEFAULT '[]'
  CHECK (json_valid(readings)); -- [{code, question, text, score, region: [x0, y0, x1, y1] px, expected, outcome}]; text null: nothing readable
