-- +goose Up
-- A schedule is planned anew when it, its connection's switch or the workspace's time zone changes: who saw an earlier plan does not fire it.
ALTER TABLE schedule ADD COLUMN plan INTEGER NOT NULL DEFAULT 0;
-- Runs when a run of this connection has ended; only_ok: and nothing of it failed.
ALTER TABLE schedule ADD COLUMN after_id TEXT NOT NULL DEFAULT '';
ALTER TABLE schedule ADD COLUMN only_ok INTEGER NOT NULL DEFAULT 0;
CREATE INDEX schedule_after ON schedule (after_id) WHERE after_id <> '';

-- A length of time was all a schedule could be. It stood last, and quotation marks inside of texts are escaped, so nothing else is meant.
UPDATE connection SET spec = replace(spec, ',"Every":60000000000}', ',"Schedule":{"every":"1m"}}') WHERE spec LIKE '%,"Every":60000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":300000000000}', ',"Schedule":{"every":"5m"}}') WHERE spec LIKE '%,"Every":300000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":600000000000}', ',"Schedule":{"every":"10m"}}') WHERE spec LIKE '%,"Every":600000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":900000000000}', ',"Schedule":{"every":"15m"}}') WHERE spec LIKE '%,"Every":900000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":1800000000000}', ',"Schedule":{"every":"30m"}}') WHERE spec LIKE '%,"Every":1800000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":3600000000000}', ',"Schedule":{"every":"1h"}}') WHERE spec LIKE '%,"Every":3600000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":10800000000000}', ',"Schedule":{"every":"3h"}}') WHERE spec LIKE '%,"Every":10800000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":21600000000000}', ',"Schedule":{"every":"6h"}}') WHERE spec LIKE '%,"Every":21600000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":43200000000000}', ',"Schedule":{"every":"12h"}}') WHERE spec LIKE '%,"Every":43200000000000}';
UPDATE connection SET spec = replace(spec, ',"Every":86400000000000}', ',"Schedule":{"every":"24h"}}') WHERE spec LIKE '%,"Every":86400000000000}';

-- A run's row says what is to be done with it and when, as a delivery's does.
CREATE TABLE run_before AS SELECT * FROM run;
DROP TABLE run;
CREATE TABLE run (
    id            INTEGER PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connection (id),
    kind          TEXT NOT NULL, -- schedule, once, after, backfill, preview
    lane          TEXT NOT NULL, -- runs of one lane do not overlap: poll, backfill, preview
    state         TEXT NOT NULL, -- waiting, running, settling, ended
    planned_at    INTEGER NOT NULL,
    upstream      INTEGER NOT NULL DEFAULT 0, -- of after: the run whose end started it
    due_at        INTEGER NOT NULL,           -- of waiting: not before
    tries         INTEGER NOT NULL DEFAULT 0,
    lease         INTEGER NOT NULL DEFAULT 0, -- token of the node that works on it
    lease_until   INTEGER NOT NULL DEFAULT 0,
    node          TEXT NOT NULL DEFAULT '',
    cancelled     INTEGER NOT NULL DEFAULT 0, -- a person asked
    range_from    INTEGER NOT NULL DEFAULT 0,
    range_to      INTEGER NOT NULL DEFAULT 0,
    cursor        TEXT NOT NULL DEFAULT '', -- how far a range has been read
    started_at    INTEGER NOT NULL DEFAULT 0,
    ended_at      INTEGER NOT NULL DEFAULT 0,
    found         INTEGER NOT NULL DEFAULT 0,
    fresh         INTEGER NOT NULL DEFAULT 0, -- this and what follows: as they were when it ended
    done          INTEGER NOT NULL DEFAULT 0,
    skipped       INTEGER NOT NULL DEFAULT 0,
    held          INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    report        TEXT NOT NULL DEFAULT '',
    problem       TEXT NOT NULL DEFAULT ''
);
INSERT INTO run (id, connection_id, kind, lane, state, planned_at, due_at, started_at, ended_at, found, fresh, done, problem)
SELECT id, connection_id, 'schedule', 'poll', 'ended', planned_at, planned_at, started_at, CASE WHEN ended_at = 0 THEN started_at ELSE ended_at END, found, fresh, fresh, problem FROM run_before;
DROP TABLE run_before;
CREATE UNIQUE INDEX run_planned ON run (connection_id, planned_at) WHERE kind = 'schedule';
CREATE UNIQUE INDEX run_upstream ON run (connection_id, upstream) WHERE kind = 'after';
CREATE UNIQUE INDEX run_lane ON run (connection_id, lane) WHERE state = 'running';
CREATE INDEX run_open ON run (state, id) WHERE state <> 'ended';
CREATE INDEX run_connection ON run (connection_id, id);

-- The deliveries that a run has brought about.
CREATE TABLE run_delivery (
    run_id      INTEGER NOT NULL,
    delivery_id INTEGER NOT NULL,
    PRIMARY KEY (run_id, delivery_id)
) WITHOUT ROWID;
