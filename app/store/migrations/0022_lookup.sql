-- What is looked up across all onboardings, so that no look reads each record.

-- +goose Up

-- The plugin's id, folded, if the round holds it; '' if it does not, NULL for rounds
-- that were saved before this column was there.
ALTER TABLE onboarding ADD COLUMN plugin TEXT;
CREATE INDEX onboarding_plugin ON onboarding (plugin);

-- Who is asked to decide a stage at present.
CREATE TABLE asked (
    repository BIGINT NOT NULL,
    stage      TEXT   NOT NULL,
    person     BIGINT NOT NULL,
    PRIMARY KEY (repository, stage, person)
);

-- +goose Down
DROP TABLE asked;
DROP INDEX onboarding_plugin;
ALTER TABLE onboarding DROP COLUMN plugin;
