-- The golden set that was judged: SHA-256 over its truth and pictures; '' for simulated parts, of which the recipe says everything.
ALTER TABLE verification ADD COLUMN golden_hash TEXT NOT NULL DEFAULT '';
