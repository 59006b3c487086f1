-- What the review PR shows, and who ended.

-- +goose Up

-- Trees and texts of a round's review PR that GitHub need not be asked for.
CREATE TABLE review (
    repository BIGINT PRIMARY KEY,
    base       TEXT NOT NULL, -- the base's files, as JSON
    tree       TEXT NOT NULL, -- all files of the plugin's commit that is shown, as JSON
    shown      TEXT NOT NULL  -- what people are told of it, as JSON
);

-- Rounds that ended do not count against the owner's limit (S18).
ALTER TABLE onboarding ADD COLUMN ended BIGINT NOT NULL DEFAULT 0;

-- The numeric ids to which configured logins were resolved, once (S10): a login
-- can be given up and claimed by somebody else.
CREATE TABLE role_login (
    login TEXT   PRIMARY KEY, -- in lower case
    id    BIGINT NOT NULL
);

-- +goose Down
DROP TABLE role_login;
ALTER TABLE onboarding DROP COLUMN ended;
DROP TABLE review;
