-- How far onboardings came, the newest first, for the feed of news (app/web).

-- +goose Up
CREATE INDEX audit_news ON audit (at) WHERE kind IN ('start', 'gate', 'complete', 'end');

-- +goose Down
DROP INDEX audit_news;
