-- The pipelines that rounds started with.

-- +goose Up
CREATE TABLE pipeline (
    version TEXT PRIMARY KEY, -- onboarding.Pipeline.Version
    content TEXT NOT NULL     -- the pipeline as JSON
);
ALTER TABLE onboarding ADD COLUMN pipeline TEXT NOT NULL DEFAULT ''; -- its version; '' until the next look

-- +goose Down
ALTER TABLE onboarding DROP COLUMN pipeline;
DROP TABLE pipeline;
