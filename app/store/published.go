package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Published is one thing as it was last published on GitHub. Things are
// "run/<head SHA>/<name>", "status" and "label/<name>".
type Published struct {
	ID     int64  // GitHub's id of the check run or comment; 0 if it has none
	Digest string // of what was published; "" if it must be published anew
	State  string // of a check run, in ghapi's words
	URL    string
	At     time.Time
}

// PullPrefix begins the things that are pull requests, other than the review PR, to
// which something was pushed that the checks have not looked at: State is the
// commit.
const PullPrefix = "pushed/"

// Pull is the thing that a pull request is.
func Pull(number int) string { return fmt.Sprintf("%s%d/", PullPrefix, number) }

// Published returns what was last published of a repository, by thing.
func (s *Store) Published(ctx context.Context, repository int64) (map[string]Published, error) {
	rows, err := s.Read().QueryContext(ctx,
		`SELECT thing, github_id, digest, state, url, at FROM published WHERE repository = $1`, repository)
	if err != nil {
		return nil, fmt.Errorf("read what was published of repository %d: %w", repository, err)
	}
	defer rows.Close()
	published := map[string]Published{}
	for rows.Next() {
		var p Published
		var thing string
		var at int64
		if err := rows.Scan(&thing, &p.ID, &p.Digest, &p.State, &p.URL, &at); err != nil {
			return nil, fmt.Errorf("read what was published of repository %d: %w", repository, err)
		}
		p.At = time.UnixMilli(at)
		published[thing] = p
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what was published of repository %d: %w", repository, err)
	}
	return published, nil
}

// SavePublished records what was just published.
func (s *Store) SavePublished(ctx context.Context, repository int64, thing string, p Published) error {
	return s.Write(ctx, fmt.Sprintf("record that %s of repository %d was published", thing, repository),
		func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO published (repository, thing, github_id, digest, state, url, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (repository, thing) DO UPDATE SET github_id = excluded.github_id, digest = excluded.digest,
					state = excluded.state, url = excluded.url, at = excluded.at`,
				repository, thing, p.ID, p.Digest, p.State, p.URL, p.At.UnixMilli())
			return err
		})
}

// LabelsRead is the thing that notes when the labels of an issue were last read:
// whoever learns that somebody changed them, forgets it.
func LabelsRead(issue int) string { return fmt.Sprintf("%s%d", AllLabelsRead, issue) }

// AllLabelsRead begins LabelsRead of every issue.
const AllLabelsRead = "labels-read/"

// Doubt is the thing that notes since when it is in doubt what GitHub shows: a run
// that ended without a word may have written something last.
const Doubt = "doubt"

// ForgetPublished drops what was published whose thing begins with a prefix.
func (s *Store) ForgetPublished(ctx context.Context, repository int64, prefix string) error {
	return s.Write(ctx, fmt.Sprintf("forget %s… of repository %d", prefix, repository),
		func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM published WHERE repository = $1 AND thing LIKE $2 || '%'`, repository, prefix)
			return err
		})
}

// ForgetRuns drops what was published on commits that no longer carry check
// runs, so that the record does not grow with each push.
func (s *Store) ForgetRuns(ctx context.Context, repository int64, except string) error {
	return s.Write(ctx, fmt.Sprintf("forget the old check runs of repository %d", repository),
		func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM published WHERE repository = $1 AND thing LIKE 'run/%' AND thing NOT LIKE 'run/' || $2 || '/%'`,
				repository, except)
			return err
		})
}
