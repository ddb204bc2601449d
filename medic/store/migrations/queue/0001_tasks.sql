-- The order of submission is the order of delivery: seq. Times are milliseconds since the epoch.
CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY,
  queue TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  canary INTEGER NOT NULL CHECK (canary IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'completed', 'failed')),
  submitted_at INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  worker TEXT NOT NULL,
  lease_until INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  result TEXT NOT NULL,
  error TEXT NOT NULL,
  UNIQUE (queue, id),
  CHECK ((state = 'running') = (lease_until IS NOT NULL)),
  CHECK ((state IN ('completed', 'failed')) = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX tasks_pending ON tasks (queue, canary, seq) WHERE state = 'pending';
CREATE INDEX tasks_pending_by_type ON tasks (queue, type, seq) WHERE state = 'pending';
CREATE INDEX tasks_running ON tasks (queue, lease_until, canary) WHERE state = 'running';
CREATE INDEX tasks_ended ON tasks (queue, ended_at) WHERE ended_at IS NOT NULL;

-- What has been counted outlives the tasks: these never go backwards.
CREATE TABLE totals (
  queue TEXT PRIMARY KEY,
  submitted INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE slices (
  queue TEXT NOT NULL,
  at INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY (queue, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE histograms (
  queue TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('duration', 'wait')),
  task TEXT NOT NULL,
  sum REAL NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (queue, kind, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE buckets (
  queue TEXT NOT NULL,
  kind TEXT NOT NULL,
  task TEXT NOT NULL,
  le REAL NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (queue, kind, task, le),
  FOREIGN KEY (queue, kind, task) REFERENCES histograms
) STRICT, WITHOUT ROWID;
CREATE TABLE canaries (
  queue TEXT NOT NULL,
  task TEXT NOT NULL,
  succeeded INTEGER NOT NULL,
  duration REAL NOT NULL,
  ended_at INTEGER NOT NULL,
  PRIMARY KEY (queue, task)
) STRICT, WITHOUT ROWID;
