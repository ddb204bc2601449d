-- What is remembered for long: one row for a series and a window; no row where nothing was measured.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    labels TEXT NOT NULL,          -- a JSON array of [name, value], sorted by name
    UNIQUE (name, labels)
);

CREATE TABLE rollups (
    series INTEGER NOT NULL REFERENCES series (id),
    at_ms INTEGER NOT NULL,
    min REAL NOT NULL,
    mean REAL NOT NULL,
    max REAL NOT NULL,
    last REAL NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    PRIMARY KEY (series, at_ms)
) WITHOUT ROWID;
CREATE INDEX rollups_by_time ON rollups (at_ms);
