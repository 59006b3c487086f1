-- What is wanted on the servers that plugins are deployed to, and what was done.

-- +goose Up

CREATE TABLE deployment (
    target     TEXT   NOT NULL, -- as configured, 'ci-extensions'
    plugin     TEXT   NOT NULL, -- the plugin's id
    repository BIGINT NOT NULL, -- GitHub's id; 0: an operator's, of no onboarding
    wanted     TEXT   NOT NULL, -- JSON of app/deploy, '' if nothing was wanted yet
    wish       BIGINT NOT NULL, -- counts what was wanted so far
    settled    BIGINT NOT NULL, -- the last wish of which all was done that can be done
    record     TEXT   NOT NULL, -- JSON of app/mattermost: what the App put there
    result     TEXT   NOT NULL, -- JSON of app/deploy: what came of it last
    PRIMARY KEY (target, plugin)
);
CREATE INDEX deployment_repository ON deployment (repository);

-- +goose Down
DROP TABLE deployment;
