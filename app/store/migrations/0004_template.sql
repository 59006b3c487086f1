-- The index of the starter template's versions, for each template repository
-- that was ever configured (app/boilerplate).

-- +goose Up
CREATE TABLE template (
    repository TEXT   PRIMARY KEY, -- 'owner/name' in lower case
    revision   BIGINT NOT NULL,    -- one more with each change
    state      TEXT   NOT NULL,    -- store.Template as JSON
    content    TEXT   NOT NULL     -- the index as base64; '' while there is none
);

-- +goose Down
DROP TABLE template;
