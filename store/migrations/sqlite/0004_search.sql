-- +goose Up
-- What pages read: nothing of it decides anything, and all of it can be made again from the ledger. store/indexer.go follows the ledger's counter
-- and writes it, away from the path of events.

-- Words by which people find events: folded, without diacritics. Personal data: they go with their event.
CREATE TABLE term (
    workspace_id TEXT NOT NULL,
    word         TEXT NOT NULL,
    event_id     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, word, event_id)
) WITHOUT ROWID;

-- The same words by event, between blanks.
CREATE TABLE event_words (
    workspace_id TEXT NOT NULL,
    event_id     INTEGER NOT NULL,
    words        TEXT NOT NULL,
    PRIMARY KEY (workspace_id, event_id)
) WITHOUT ROWID;

-- What happened in each hour, as the workspace's clock counts hours.
CREATE TABLE tally (
    connection_id TEXT NOT NULL,
    what          TEXT NOT NULL,    -- a kind of document; delivery: came in; failure: a try that failed for good
    hour          INTEGER NOT NULL, -- its beginning
    currency      TEXT NOT NULL,    -- empty: without an amount
    count         INTEGER NOT NULL,
    amount        INTEGER NOT NULL, -- what documents come to, credits and all; what was removed without a trace is not counted
    PRIMARY KEY (connection_id, what, hour, currency)
) WITHOUT ROWID;

-- Documents that changed after they were made, until the indexer has looked at them again.
CREATE TABLE revisit (
    document_id INTEGER NOT NULL,
    mark        INTEGER NOT NULL, -- different each time
    PRIMARY KEY (document_id, mark)
) WITHOUT ROWID;

-- Documents are listed by kind, currency and time.
DROP INDEX document_connection;
CREATE INDEX document_listed ON document (connection_id, kind, currency, created_at);
CREATE INDEX document_undone ON document (connection_id, kind, currency, created_at) WHERE undone_by > 0;

-- What was deleted stays readable, as events and documents point at it.
ALTER TABLE account ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0;
