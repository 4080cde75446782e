-- +goose Up
-- 1: a claim found it behind another delivery of its object; claims pass it over until one of the object moves.
ALTER TABLE delivery ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;
-- Leases lost in a row, with no outcome between them, and when the first and the last were.
ALTER TABLE delivery ADD COLUMN losses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN lost_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN lost_at INTEGER NOT NULL DEFAULT 0;
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (connection_id, account_id, behind, due_at, id, state) WHERE due_at IS NOT NULL;

-- When the service is asked again what has become of a document; null: it is not.
ALTER TABLE document ADD COLUMN refresh_at INTEGER;
UPDATE document SET refresh_at = created_at WHERE kind = 'invoice' AND number = '' AND undone_by = 0;
DROP INDEX document_pending;
CREATE INDEX document_refresh ON document (account_id, refresh_at) WHERE refresh_at IS NOT NULL;
-- One document of an account is read again at a time, on one node: until when it holds the account.
ALTER TABLE account_limit ADD COLUMN refresh_until INTEGER NOT NULL DEFAULT 0;
