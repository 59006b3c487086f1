-- What checks saw outside the repositories, and what of these was seen last.

-- +goose Up

-- The last look of each night at a build or at the releases: what the next
-- look compares with, and the history that people see.
CREATE TABLE look (
    repository BIGINT NOT NULL,
    name       TEXT   NOT NULL, -- of the check
    night      TEXT   NOT NULL, -- the day in UTC, '2026-12-03'
    at         BIGINT NOT NULL,
    url        TEXT   NOT NULL, -- what was looked at, '' if there was nothing
    facts      BIGINT NOT NULL, -- 1 if the result has any: only such a one is compared with
    result     TEXT   NOT NULL, -- checks.Result as JSON
    PRIMARY KEY (repository, name, night)
);

-- The head that was seen last, and the files of it that nightly looks need.
CREATE TABLE seen (
    repository BIGINT PRIMARY KEY,
    head       TEXT NOT NULL, -- JSON
    files      TEXT NOT NULL  -- JSON
);

-- Bytes that were downloaded a day for the repositories of one owner (S17).
CREATE TABLE download (
    owner_id BIGINT NOT NULL,
    day      TEXT   NOT NULL,
    bytes    BIGINT NOT NULL,
    PRIMARY KEY (owner_id, day)
);

-- +goose Down
DROP TABLE download;
DROP TABLE seen;
DROP TABLE look;
