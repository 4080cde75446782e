-- +goose Up
-- People sign in, belong to workspaces, and leave a trace. Of tokens, codes and keys only SHA-256 is stored; e-mail addresses are in lower case.

CREATE TABLE person (
    id          TEXT PRIMARY KEY,
    email       TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    password    TEXT NOT NULL, -- argon2id, encoded with its parameters; empty = has none yet
    language    TEXT NOT NULL,
    theme       TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL DEFAULT 0,
    disabled_at BIGINT NOT NULL DEFAULT 0 -- 0: may sign in
);

CREATE TABLE membership (
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    person_id    TEXT NOT NULL REFERENCES person (id),
    role         TEXT NOT NULL, -- owner, manager, viewer
    PRIMARY KEY (workspace_id, person_id)
);
CREATE INDEX membership_person ON membership (person_id);

CREATE TABLE web_session (
    hash       BYTEA PRIMARY KEY,
    person_id  TEXT NOT NULL, -- empty: nobody has signed in yet
    data       BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX web_session_person ON web_session (person_id);
CREATE INDEX web_session_expires ON web_session (expires_at);

-- Each is good for one thing, once: to become the first owner, to join, to choose a new password.
CREATE TABLE one_time_code (
    purpose    TEXT PRIMARY KEY,
    hash       BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE api_key (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id),
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    hash         BYTEA NOT NULL,
    created_by   TEXT NOT NULL, -- person
    created_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL DEFAULT 0,
    revoked_at   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX api_key_workspace ON api_key (workspace_id);

CREATE TABLE audit (
    id           BIGINT PRIMARY KEY, -- of the ledger's counter
    at           BIGINT NOT NULL,
    actor_kind   TEXT NOT NULL, -- person, key, command, hub
    actor_id     TEXT NOT NULL,
    workspace_id TEXT NOT NULL, -- empty: it concerned the installation
    verb         TEXT NOT NULL,
    object       TEXT NOT NULL,
    details      TEXT NOT NULL
);
CREATE INDEX audit_workspace ON audit (workspace_id, id);

-- Connections being made or changed in the wizard.
CREATE TABLE draft (
    id            TEXT PRIMARY KEY,
    workspace_id  TEXT NOT NULL REFERENCES workspace (id),
    connection_id TEXT NOT NULL, -- that is being changed; empty: a new one
    person_id     TEXT NOT NULL,
    data          TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX draft_workspace ON draft (workspace_id);
