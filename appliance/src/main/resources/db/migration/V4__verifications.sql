-- What came of judging a recipe's golden set, and which records were made by a recipe that had passed.

CREATE TABLE verification (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  at_us            INTEGER NOT NULL,                  -- when it was finished, UTC, microseconds since 1970
  recipe           TEXT    NOT NULL,
  recipe_version   TEXT    NOT NULL,
  recipe_hash      TEXT    NOT NULL,
  prompts_hash     TEXT    NOT NULL,
  engine           TEXT    NOT NULL,
  engine_hash      TEXT    NOT NULL,
  engine_precision TEXT    NOT NULL,
  engine_runtime   TEXT    NOT NULL,
  is_whole         INTEGER NOT NULL CHECK (is_whole IN (0, 1)), -- 0: a rehearsal on some of the parts
  rates            TEXT    NOT NULL CHECK (json_valid(rates)),  -- {escapes, falseCalls, flips: [hits, trials, low, high], kappa, kappaToTruth}
  shortfalls       TEXT    NOT NULL CHECK (json_valid(shortfalls)), -- demands that were not met, in words; [] when it passed
  report           TEXT    NOT NULL CHECK (json_valid(report))
) STRICT;

CREATE INDEX verification_recipe ON verification (recipe, is_whole, id);

-- 1: the recipe had passed its golden set on this engine when the line started.
ALTER TABLE inspection ADD COLUMN is_verified INTEGER NOT NULL DEFAULT 0 CHECK (is_verified IN (0, 1));
