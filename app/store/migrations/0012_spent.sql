-- +goose Up

-- What is good no more though its own text says so: sessions that were signed out,
-- sign-ins that were used.
CREATE TABLE spent (
    id    TEXT   PRIMARY KEY,
    until BIGINT NOT NULL -- when it would not be good any more by itself
);
CREATE INDEX spent_until ON spent (until);

-- +goose Down
DROP TABLE spent;
