-- What recurs: the jobs that there are, each due time with its one ending, and the runs that were made for it.
CREATE TABLE jobs (
    name TEXT PRIMARY KEY,
    rhythm TEXT NOT NULL,          -- its text; '' of a job that is no longer configured
    since_ms INTEGER NOT NULL,     -- met with this rhythm; earlier due times do not count
    answered_ms INTEGER,           -- the latest due time of its rhythm that was claimed or closed
    last_success_ms INTEGER
) WITHOUT ROWID;

CREATE TABLE dues (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    "trigger" TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'running', 'done', 'failed', 'skipped', 'missed', 'interrupted')),
    reason TEXT NOT NULL DEFAULT '',
    ended_ms INTEGER,
    UNIQUE (job, due_ms)
);
CREATE INDEX dues_by_time ON dues (due_ms);
CREATE INDEX dues_running ON dues (id) WHERE state = 'running';

CREATE TABLE runs (
    job TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    output TEXT NOT NULL DEFAULT '',
    UNIQUE (job, due_ms, attempt),
    FOREIGN KEY (job, due_ms) REFERENCES dues (job, due_ms) ON DELETE CASCADE
);

-- How often the due times of each job ended in each way; kept when old due times are forgotten.
CREATE TABLE job_outcomes (
    job TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (job, outcome)
) WITHOUT ROWID;
