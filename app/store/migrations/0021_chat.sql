-- What is said in chat: one post of each plugin, and the news in its thread.

-- +goose Up

CREATE TABLE chat_post (
    repository BIGINT PRIMARY KEY, -- GitHub's id
    text       TEXT   NOT NULL,    -- what it should say
    shown      TEXT   NOT NULL,    -- what it says; '' if it is not there yet
    post       TEXT   NOT NULL,    -- Mattermost's id, '' if it is not known
    tried_at   BIGINT NOT NULL     -- when it was first tried to be made; 0: never
);

CREATE TABLE chat_notice (
    repository BIGINT NOT NULL, -- 0: about none
    name       TEXT   NOT NULL, -- tells it from all others of the repository
    at         BIGINT NOT NULL, -- when that happened
    text       TEXT   NOT NULL,
    tried_at   BIGINT NOT NULL, -- when it was first tried to be sent; 0: never
    sent_at    BIGINT NOT NULL, -- 0: not yet
    PRIMARY KEY (repository, name)
);

-- +goose Down
DROP TABLE chat_notice;
DROP TABLE chat_post;
