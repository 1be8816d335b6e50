-- The pictures of a part by view, on a station with several: [{view, path, sha256, width, height}] in the order of the views. Where
-- there is one view it is [], and 'picture' and what belongs to it are all; where there are several, those are the first that came.
ALTER TABLE inspection ADD COLUMN views TEXT NOT NULL DEFAULT '[]'
  CHECK (json_valid(views));

-- Findings, readings and confirmed defects of such a station say their view in a field of that name.
