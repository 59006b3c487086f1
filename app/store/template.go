package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrTemplateChanged says that somebody else saved a template's state since it
// was read.
var ErrTemplateChanged = errors.New("somebody else changed it meanwhile")

// Template is what is known of a template repository, its index aside.
type Template struct {
	Revision int64            `json:"-"`                // one more with each save; 0 if nothing was saved yet
	Complete bool             `json:"complete"`         // the index has had all versions that counted, once
	Pending  []TemplateCommit `json:"pending"`          // on the default branch and not in the index; oldest first
	ListedAt time.Time        `json:"listed_at"`        // when the default branch's commits were last listed
	TriedAt  time.Time        `json:"tried_at"`         // when it was last tried to read the repository
	Failing  time.Time        `json:"failing,omitzero"` // since when that fails; zero while it does not
	Failure  string           `json:"failure,omitempty"`
}

// TemplateCommit is a commit that is not in the index.
type TemplateCommit struct {
	SHA  string    `json:"sha"`
	Tree string    `json:"tree"`
	Date time.Time `json:"date"`          // the committer's, who can make it up
	Seen time.Time `json:"seen,omitzero"` // when it was first seen on the default branch; zero if it was there before us
}

// TemplateRevision returns the revision of what is kept of a template
// repository, 0 if nothing is.
func (s *Store) TemplateRevision(ctx context.Context, repository string) (revision int64, err error) {
	err = s.Read().QueryRowContext(ctx, `SELECT revision FROM template WHERE repository = $1`, repository).Scan(&revision)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read the revision of template %s: %w", repository, err)
	}
	return revision, nil
}

// Template returns what is kept of a template repository and its index as it
// was saved, nil if there is none.
func (s *Store) Template(ctx context.Context, repository string) (t Template, index []byte, err error) {
	var revision int64
	var state, content string
	err = s.Read().QueryRowContext(ctx, `SELECT revision, state, content FROM template WHERE repository = $1`, repository).
		Scan(&revision, &state, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return Template{}, nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(state), &t)
	}
	if err == nil && content != "" {
		index, err = base64.StdEncoding.DecodeString(content)
	}
	if err != nil {
		return Template{}, nil, fmt.Errorf("read template %s: %w", repository, err)
	}
	t.Revision = revision
	return t, index, nil
}

// SaveTemplate keeps the state of a template repository and, unless it is nil,
// its index, and returns the new revision. It fails with ErrTemplateChanged if
// the revision is no longer that of t.
func (s *Store) SaveTemplate(ctx context.Context, repository string, t Template, index []byte) (revision int64, err error) {
	state, err := json.Marshal(t)
	if err != nil {
		return 0, fmt.Errorf("save template %s: %w", repository, err)
	}
	content := base64.StdEncoding.EncodeToString(index)
	err = s.Write(ctx, "save template "+repository, func(ctx context.Context, tx *sql.Tx) error {
		query := `UPDATE template SET revision = revision + 1, state = $3, content = CASE WHEN $4 = '' THEN content ELSE $4 END
			WHERE repository = $1 AND revision = $2`
		if t.Revision == 0 {
			query = `INSERT INTO template (repository, revision, state, content) VALUES ($1, $2 + 1, $3, $4) ON CONFLICT (repository) DO NOTHING`
		}
		result, err := tx.ExecContext(ctx, query, repository, t.Revision, string(state), content)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, ErrTemplateChanged)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return t.Revision + 1, nil
}

// Repositories lists the ids of the repositories that have an onboarding.
func (s *Store) Repositories(ctx context.Context) (ids []int64, err error) {
	rows, err := s.Read().QueryContext(ctx, `SELECT DISTINCT repository FROM onboarding ORDER BY repository`)
	if err != nil {
		return nil, fmt.Errorf("list the repositories: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list the repositories: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the repositories: %w", err)
	}
	return ids, nil
}
