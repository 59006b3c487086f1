-- A gate's server may have a channel of its own, for what is about that gate.

-- +goose Up

ALTER TABLE chat_notice ADD COLUMN target TEXT NOT NULL DEFAULT ''; -- the gate whose channel it is for; '' for that of all

-- +goose Down
ALTER TABLE chat_notice DROP COLUMN target;
