-- A clock that was set back by more than an interval: rhythms go on from there, and what it ran ahead to is told apart.
ALTER TABLE jobs ADD COLUMN resets INTEGER NOT NULL DEFAULT 0;   -- how often that was
ALTER TABLE dues ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;    -- 1: run before its time came
