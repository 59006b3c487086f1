-- What operators say to all replicas, what was posted, and when each key was
-- looked at.

-- +goose Up

-- 'paused': why nothing is published; 'pulled': how far deliveries were read;
-- 'swept': how far those that failed were looked for, 'sweep': when that was begun.
CREATE TABLE setting (
    name    TEXT   PRIMARY KEY,
    content TEXT   NOT NULL,
    at      BIGINT NOT NULL
);

-- Comments and review requests of the last hour (S23).
CREATE TABLE post (
    at         BIGINT NOT NULL,
    repository TEXT   NOT NULL -- 'owner/name' in lower case
);
CREATE INDEX post_at ON post (at);

-- When the last good run of a key ended.
ALTER TABLE work ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE work DROP COLUMN looked_at;
DROP TABLE post;
DROP TABLE setting;
