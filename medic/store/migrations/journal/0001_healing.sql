-- Healing: what is wrong (episodes), what was done (attempts), what is forbidden, and who must hear of it.
-- Times are milliseconds since the epoch; targets are written as people write them.
CREATE TABLE episodes (
    id          INTEGER PRIMARY KEY,
    remedy      TEXT NOT NULL,
    target      TEXT NOT NULL,
    opened_at   INTEGER NOT NULL,
    active_at   INTEGER NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    ended_at    INTEGER,
    ending      TEXT CHECK (ending IN ('healed', 'resolved', 'given-up', 'superseded')),
    why         TEXT NOT NULL DEFAULT '',
    CHECK ((ended_at IS NULL) = (ending IS NULL))
) STRICT;
CREATE UNIQUE INDEX episodes_open ON episodes (remedy, target) WHERE ended_at IS NULL;

CREATE TABLE episode_alerts (
    id          INTEGER PRIMARY KEY,
    episode     INTEGER NOT NULL REFERENCES episodes (id),
    fingerprint TEXT NOT NULL,
    alert       TEXT NOT NULL,
    UNIQUE (episode, fingerprint)
) STRICT;

CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY,
    episode     INTEGER NOT NULL REFERENCES episodes (id),
    remedy      TEXT NOT NULL,
    target      TEXT NOT NULL,
    pool        TEXT NOT NULL,
    action      TEXT NOT NULL,
    number      INTEGER NOT NULL,
    probe       INTEGER NOT NULL CHECK (probe IN (0, 1)),
    reason      TEXT NOT NULL,
    reserved_at INTEGER NOT NULL,
    acted_at    INTEGER,
    succeeded   INTEGER CHECK (succeeded IN (0, 1)),
    outcome     TEXT CHECK (outcome IN ('healed', 'failed', 'unknown')),
    closed_at   INTEGER,
    detail      TEXT NOT NULL DEFAULT '',
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
) STRICT;
-- The last guard of "one attempt at a time", whatever the program above believes.
CREATE UNIQUE INDEX attempts_open ON attempts (target) WHERE outcome IS NULL;
CREATE INDEX attempts_open_pool ON attempts (pool) WHERE outcome IS NULL;
CREATE INDEX attempts_healed ON attempts (target, closed_at) WHERE outcome = 'healed';

CREATE TABLE tallies (
    remedy   TEXT NOT NULL,
    target   TEXT NOT NULL,
    failures INTEGER NOT NULL,
    probes   INTEGER NOT NULL,
    last_at  INTEGER,
    ended_at INTEGER,
    PRIMARY KEY (remedy, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE spent (
    fingerprint TEXT PRIMARY KEY,
    ended_at    INTEGER NOT NULL,
    source      TEXT NOT NULL,
    resolved_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE exits (
    id         INTEGER PRIMARY KEY,
    target     TEXT NOT NULL,
    boot       TEXT,
    pid        INTEGER,
    start      INTEGER,
    reason     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    started_at INTEGER,
    status     TEXT NOT NULL
) STRICT;
CREATE INDEX exits_target ON exits (target);

CREATE TABLE inbox (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    alert TEXT NOT NULL
) STRICT;

CREATE TABLE pauses (
    target     TEXT PRIMARY KEY,
    until      INTEGER,
    why        TEXT NOT NULL,
    author     TEXT NOT NULL,
    since      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stops (
    target TEXT PRIMARY KEY,
    author TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    id           INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    key          TEXT NOT NULL UNIQUE,
    title        TEXT NOT NULL,
    body         TEXT NOT NULL,
    delivered_at INTEGER,
    tries        INTEGER NOT NULL DEFAULT 0,
    error        TEXT NOT NULL DEFAULT ''
) STRICT;

-- Every change in its order; audit.jsonl is written from here.
CREATE TABLE audit (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    at   INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
