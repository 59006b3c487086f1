-- What the pages show, beside what is on record (app/web).

-- +goose Up

-- 1: only those may see it who may see the repository. So it is until somebody
-- looked.
ALTER TABLE repository ADD COLUMN private BIGINT NOT NULL DEFAULT 1;

-- What the last look at a repository came to.
CREATE TABLE page (
    repository BIGINT PRIMARY KEY,
    card       TEXT NOT NULL, -- onboarding.Card as JSON: what the board shows
    view       TEXT NOT NULL  -- texts.View as JSON, without what is on record
);

-- +goose Down
DROP TABLE page;
ALTER TABLE repository DROP COLUMN private;
