-- What is known of repositories, their onboardings and what people said.

-- +goose Up
CREATE TABLE repository (
    id           BIGINT PRIMARY KEY, -- GitHub's, which survives renames
    installation BIGINT NOT NULL,
    owner_id     BIGINT NOT NULL,
    owner        TEXT   NOT NULL,
    name         TEXT   NOT NULL
);

CREATE TABLE onboarding (
    repository BIGINT NOT NULL,
    round      BIGINT NOT NULL,
    owner_id   BIGINT NOT NULL, -- at the start; counted against the owner's limit (S18)
    record     TEXT   NOT NULL, -- onboarding.Record as JSON
    PRIMARY KEY (repository, round)
);
CREATE INDEX onboarding_owner ON onboarding (owner_id);

-- One row for each text in which somebody gave commands, keyed by what GitHub
-- signs in the payload, not by the delivery (S14).
CREATE TABLE act (
    id          TEXT   PRIMARY KEY, -- 'comment/<id>'
    repository  BIGINT NOT NULL,
    issue       BIGINT NOT NULL,
    comment     BIGINT NOT NULL,
    sender      BIGINT NOT NULL,
    login       TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL,
    commands    BIGINT NOT NULL,           -- how many
    refused     BIGINT NOT NULL,           -- 1 if one of them was refused in words
    content     TEXT   NOT NULL,           -- store.Act as JSON
    seen        BIGINT NOT NULL DEFAULT 0, -- 1 when the first reaction is on GitHub
    answered_at BIGINT                     -- NULL until reaction and answer are on GitHub
);
CREATE INDEX act_unanswered ON act (repository) WHERE answered_at IS NULL;
CREATE INDEX act_sender ON act (sender, recorded_at);

-- The last result of each check.
CREATE TABLE result (
    repository BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    result     TEXT   NOT NULL, -- onboarding.Result as JSON
    PRIMARY KEY (repository, name)
);

-- What was last published on GitHub: 'run/<head SHA>/<name>', 'status', 'label/<name>'.
CREATE TABLE published (
    repository BIGINT NOT NULL,
    thing      TEXT   NOT NULL,
    github_id  BIGINT NOT NULL,
    digest     TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    url        TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (repository, thing)
);

-- +goose Down
DROP TABLE published;
DROP TABLE result;
DROP TABLE act;
DROP TABLE onboarding;
DROP TABLE repository;
