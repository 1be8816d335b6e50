-- What the model said to itself before its verdicts, apart from them.
ALTER TABLE inspection ADD COLUMN thoughts TEXT NOT NULL DEFAULT '[]'
  CHECK (json_valid(thoughts)); -- [{prompt, region, text, tokens, ended}]
