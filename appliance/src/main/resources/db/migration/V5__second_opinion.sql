-- What another model said of the part, where one was asked; null where none was.
ALTER TABLE inspection ADD COLUMN second_opinion TEXT
  CHECK (second_opinion IS NULL OR json_valid(second_opinion)); -- {model, state, detail, tookUs, scores, findings}
