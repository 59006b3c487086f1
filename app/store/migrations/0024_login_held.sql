-- When GitHub last said that a configured login is still whose it was, so that a
-- program which is started over and over does not ask each time.

-- +goose Up

ALTER TABLE role_login ADD COLUMN spelt   TEXT   NOT NULL DEFAULT ''; -- as GitHub writes it
ALTER TABLE role_login ADD COLUMN held_at BIGINT NOT NULL DEFAULT 0;  -- 0: never, or it is in doubt

-- +goose Down
ALTER TABLE role_login DROP COLUMN held_at;
ALTER TABLE role_login DROP COLUMN spelt;
