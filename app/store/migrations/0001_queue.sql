-- The queue (app/queue). One SQL for SQLite and PostgreSQL: TEXT, BIGINT
-- milliseconds since 1970, no engine's own types or functions.

-- +goose Up
CREATE TABLE delivery (
    guid        TEXT   NOT NULL PRIMARY KEY, -- X-GitHub-Delivery; a redelivery keeps it
    event       TEXT   NOT NULL,
    key         TEXT   NOT NULL,             -- of the work row
    seq         BIGINT NOT NULL,             -- work.wanted on arrival: the order within the key
    payload     TEXT,                        -- NULL once handled
    received_at BIGINT NOT NULL,
    handled_at  BIGINT,                      -- NULL until a handler succeeded
    due_at      BIGINT NOT NULL DEFAULT 0,   -- not tried before this
    attempts    BIGINT NOT NULL DEFAULT 0,   -- failures of this delivery itself
    last_error  TEXT   NOT NULL DEFAULT ''
);

CREATE INDEX delivery_unhandled ON delivery (key, seq) WHERE handled_at IS NULL;
CREATE INDEX delivery_handled ON delivery (handled_at) WHERE handled_at IS NOT NULL;
-- So that a work row without deliveries is found quickly.
CREATE INDEX delivery_key ON delivery (key);

CREATE TABLE work (
    key        TEXT   NOT NULL PRIMARY KEY,  -- "repo/<GitHub id>", "installation/<id>", "housekeeping", "template"
    wanted     BIGINT NOT NULL,              -- how often a run was asked for
    done       BIGINT NOT NULL DEFAULT 0,    -- the value of wanted that the last good run had seen
    due_at     BIGINT NOT NULL,              -- schedule, backoff and, while owned, the end of the lease
    owner      TEXT   NOT NULL DEFAULT '',   -- the run that has it
    attempts   BIGINT NOT NULL DEFAULT 0,    -- runs since the last good one that failed or never ended
    held       BIGINT NOT NULL DEFAULT 0,    -- runs in a row that ended because GitHub was unavailable
    last_error TEXT   NOT NULL DEFAULT ''
);

CREATE INDEX work_due ON work (due_at);

-- +goose Down
DROP TABLE work;
DROP TABLE delivery;
