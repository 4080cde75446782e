-- +goose Up
-- Times are unix milliseconds UTC, amounts are integers in the currency's smallest unit, JSON is text as received.
-- Ids of the ledger (event, delivery, attempt, document, run) come from one counter, so that a later row has a greater id.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE workspace (
    id         TEXT PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    country    TEXT NOT NULL,
    currency   TEXT NOT NULL,
    timezone   TEXT NOT NULL,
    language   TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE account (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    key          TEXT NOT NULL,
    name         TEXT NOT NULL,
    connector    TEXT NOT NULL,
    settings     TEXT NOT NULL,
    secrets      BYTEA NOT NULL, -- sealed
    hook_hash    BYTEA NOT NULL, -- SHA-256 of the webhook token
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL DEFAULT '',
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    UNIQUE (workspace_id, key)
);

CREATE TABLE account_limit (
    account_id    TEXT PRIMARY KEY REFERENCES account (id),
    tat           BIGINT NOT NULL DEFAULT 0, -- theoretical arrival time of the next permit
    blocked_until BIGINT NOT NULL DEFAULT 0  -- the service asked to wait
);

CREATE TABLE connection (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    key          TEXT NOT NULL,
    name         TEXT NOT NULL,
    enabled      INTEGER NOT NULL,
    spec         TEXT NOT NULL, -- source, steps, policies
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    UNIQUE (workspace_id, key)
);

CREATE TABLE schedule (
    connection_id TEXT PRIMARY KEY REFERENCES connection (id),
    next_at       BIGINT NOT NULL,
    cursor        TEXT NOT NULL DEFAULT ''
);

CREATE TABLE run (
    id            BIGINT PRIMARY KEY,
    connection_id TEXT NOT NULL REFERENCES connection (id),
    planned_at    BIGINT NOT NULL,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL DEFAULT 0,
    found         INTEGER NOT NULL DEFAULT 0,
    fresh         INTEGER NOT NULL DEFAULT 0,
    problem       TEXT NOT NULL DEFAULT '',
    UNIQUE (connection_id, planned_at)
);

CREATE TABLE event (
    id          BIGINT PRIMARY KEY,
    account_id  TEXT NOT NULL,
    type        TEXT NOT NULL,
    object      TEXT NOT NULL,
    version     BIGINT NOT NULL,
    dedupe      TEXT NOT NULL,
    dedupe_hash BYTEA NOT NULL, -- first 16 bytes of SHA-256 of account and dedupe: a small index stays in memory
    raw         TEXT NOT NULL, -- method, query, headers
    body        BYTEA NOT NULL,
    sale        TEXT NOT NULL DEFAULT '',
    data        TEXT NOT NULL DEFAULT '', -- '=' is the body itself
    loaded      INTEGER NOT NULL, -- 0: the source has still to be asked
    unreadable  TEXT NOT NULL DEFAULT '',
    received_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX event_dedupe ON event (dedupe_hash);
CREATE INDEX event_account ON event (account_id, id);
CREATE INDEX event_object ON event (object) WHERE object <> '';

CREATE TABLE delivery (
    id            BIGINT PRIMARY KEY,
    event_id      BIGINT NOT NULL,
    connection_id TEXT NOT NULL,
    account_id    TEXT NOT NULL, -- of the operation that comes next
    object        TEXT NOT NULL,
    state         TEXT NOT NULL,
    open          INTEGER NOT NULL, -- 1: later deliveries of the object wait for this one
    due_at        BIGINT,          -- null: not the clock's
    tries         INTEGER NOT NULL DEFAULT 0,
    touched       INTEGER NOT NULL DEFAULT 0, -- 1: there are steps and calls to look at
    lease         BIGINT NOT NULL DEFAULT 0, -- token of the worker that holds it
    lease_until   BIGINT NOT NULL DEFAULT 0,
    node          TEXT NOT NULL DEFAULT '',
    taken_from    TEXT NOT NULL DEFAULT '', -- running for a person's decision: the state before
    taken_due     BIGINT,                  -- and due_at before
    code          TEXT NOT NULL DEFAULT '',
    reason        TEXT NOT NULL DEFAULT '',
    updated_at    BIGINT NOT NULL
);
-- Invariant 2: one delivery per (connection, event).
CREATE UNIQUE INDEX delivery_event ON delivery (event_id, connection_id);
CREATE INDEX delivery_due ON delivery (connection_id, account_id, due_at, id, state) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_open ON delivery (connection_id, object, id) WHERE open = 1;
-- Invariant 5: never two of one object at work; the claim looks too, this is the net under it.
CREATE UNIQUE INDEX delivery_running ON delivery (connection_id, object) WHERE state = 'running';
-- What waits for a person: found by cause for the inbox, and by object when a later event decides.
CREATE INDEX delivery_person ON delivery (connection_id, state, code, due_at, id) WHERE state = 'failed' OR state = 'held' OR state = 'unknown';
CREATE INDEX delivery_stopped ON delivery (connection_id, object) WHERE state = 'failed' OR state = 'held';
-- What has ended, nearly everything in the end: written once, never moved.
CREATE INDEX delivery_ended ON delivery (connection_id, state, id) WHERE state = 'done' OR state = 'skipped';

CREATE TABLE object (
    connection_id TEXT NOT NULL,
    name          TEXT NOT NULL,
    version       BIGINT NOT NULL,
    event_id      BIGINT NOT NULL, -- the latest event that was decided
    PRIMARY KEY (connection_id, name)
);

CREATE TABLE step (
    delivery_id   BIGINT NOT NULL,
    key           TEXT NOT NULL,
    op            TEXT NOT NULL, -- do, undo
    connection_id TEXT NOT NULL,
    object        TEXT NOT NULL,
    issue         INTEGER NOT NULL,
    ref           TEXT NOT NULL,
    state         TEXT NOT NULL, -- open, refused, done, skipped
    input         TEXT NOT NULL, -- frozen values
    fingerprint   TEXT NOT NULL,
    document_id   BIGINT NOT NULL DEFAULT 0, -- made by do, undone by undo
    reason        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (delivery_id, key, op)
);
-- Invariant 2: one effect per (delivery, step); an issue number, and with it a Ref, is never given twice.
CREATE UNIQUE INDEX step_issue ON step (connection_id, object, key, op, issue) WHERE issue > 0;

CREATE TABLE call (
    delivery_id BIGINT NOT NULL,
    step_key    TEXT NOT NULL,
    op          TEXT NOT NULL,
    name        TEXT NOT NULL,
    version     BIGINT NOT NULL,
    key         TEXT NOT NULL,
    method      TEXT NOT NULL,
    url         TEXT NOT NULL,
    header      TEXT NOT NULL,
    body        BYTEA NOT NULL,
    state       TEXT NOT NULL,
    sends       INTEGER NOT NULL,
    looks       INTEGER NOT NULL,
    resent      INTEGER NOT NULL,
    first_sent  BIGINT NOT NULL,
    last_sent   BIGINT NOT NULL,
    status      INTEGER NOT NULL DEFAULT 0,
    answer      BYTEA NOT NULL,
    PRIMARY KEY (delivery_id, step_key, op, name)
);

CREATE TABLE attempt (
    id          BIGINT PRIMARY KEY,
    delivery_id BIGINT NOT NULL,
    step_key    TEXT NOT NULL,
    op          TEXT NOT NULL, -- load, do, undo
    outcome     TEXT NOT NULL, -- done, or the kind of error
    code        TEXT NOT NULL,
    message     TEXT NOT NULL,
    detail      TEXT NOT NULL,
    exchanges   TEXT NOT NULL,
    node        TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL
);
CREATE INDEX attempt_delivery ON attempt (delivery_id);

CREATE TABLE document (
    id            BIGINT PRIMARY KEY,
    connection_id TEXT NOT NULL,
    object        TEXT NOT NULL,
    step_key      TEXT NOT NULL,
    delivery_id   BIGINT NOT NULL,
    account_id    TEXT NOT NULL,
    kind          TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    number        TEXT NOT NULL,
    url           TEXT NOT NULL,
    status        TEXT NOT NULL,
    amount        BIGINT NOT NULL,
    currency      TEXT NOT NULL, -- empty: it has no amount
    customer      TEXT NOT NULL,
    data          TEXT NOT NULL,
    ref           TEXT NOT NULL,
    fingerprint   TEXT NOT NULL,
    undoes        BIGINT NOT NULL DEFAULT 0,
    undone_by     BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);
CREATE INDEX document_object ON document (connection_id, object);
CREATE INDEX document_connection ON document (connection_id, id);
-- Invoices whose number the service gives later.
CREATE INDEX document_pending ON document (created_at) WHERE kind = 'invoice' AND number = '' AND undone_by = 0;

CREATE SEQUENCE ledger_id CACHE 1;
ALTER TABLE delivery SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE call SET (fillfactor = 80);
