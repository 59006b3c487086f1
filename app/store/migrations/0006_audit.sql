-- What was decided and done, so that nobody can change it unseen (S22).

-- +goose Up

-- A hash chain for each repository. Rows are only ever added; the hash of each
-- covers all its columns and the hash before it.
CREATE TABLE audit (
    repository BIGINT NOT NULL,
    seq        BIGINT NOT NULL, -- from 1, without gaps
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    who        BIGINT NOT NULL, -- 0 is the App itself
    source     TEXT   NOT NULL, -- what GitHub signed: 'comment/<id>'
    stage      TEXT   NOT NULL,
    version    TEXT   NOT NULL, -- the commit or sha256 that was decided on
    details    TEXT   NOT NULL, -- JSON, nothing personal
    people     TEXT   NOT NULL, -- JSON: who has a personal part, and its sha256
    hash       TEXT   NOT NULL,
    PRIMARY KEY (repository, seq)
);
-- A repeated delivery adds nothing.
CREATE UNIQUE INDEX audit_once ON audit (repository, source, kind, stage);

-- What is personal in an entry, for each person by themselves. The chain holds
-- only its salted hash, so that it can be forgotten.
CREATE TABLE audit_personal (
    repository BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    person     BIGINT NOT NULL,
    salt       TEXT   NOT NULL,
    content    TEXT   NOT NULL, -- JSON
    PRIMARY KEY (repository, seq, person)
);
CREATE INDEX audit_person ON audit_personal (person);

-- The last head of each chain that was published where we cannot change it.
CREATE TABLE audit_head (
    repository BIGINT PRIMARY KEY,
    length     BIGINT NOT NULL,
    hash       TEXT   NOT NULL
);

-- How long each stage of a round was whose turn.
CREATE TABLE turn (
    repository BIGINT NOT NULL,
    round      BIGINT NOT NULL,
    stage      TEXT   NOT NULL,
    party      TEXT   NOT NULL, -- onboarding.Party
    spent      BIGINT NOT NULL, -- milliseconds in the turns that passed
    since      BIGINT,          -- when the turn began; NULL if it is not theirs
    until      BIGINT NOT NULL, -- when their last turn passed; 0 if none did
    PRIMARY KEY (repository, round, stage, party)
);

-- When a backup took this database's place.
CREATE TABLE restored (
    at           BIGINT PRIMARY KEY,
    confirmed_at BIGINT -- NULL: the App publishes nothing yet
);

-- +goose Down
DROP TABLE restored;
DROP TABLE turn;
DROP TABLE audit_head;
DROP TABLE audit_personal;
DROP TABLE audit;
