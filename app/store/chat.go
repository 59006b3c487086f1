package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Notice is something that is said in chat once.
type Notice struct {
	Name   string    // tells it from all others of the repository
	Target string    // the gate that it is about, or in whose channel it is said; "" for none
	At     time.Time // when that happened
	Text   string
	Tried  time.Time // when it was first tried to be sent; zero: never
}

// ChatPost is the one post about a repository, which is edited in place.
type ChatPost struct {
	Text  string    // what it should say; "" for nothing
	Shown string    // what it says; "" if it is not there yet
	Post  string    // Mattermost's id, "" if it is not known
	Tried time.Time // when it was first tried to be made; zero: never
}

// SaveChat keeps what is to be said about a repository: what its post should say, and
// the notices of these that are not on record yet. Those of before old are taken for
// told: who turns chat on is not told the history. It returns the targets in whose
// channels something is to be said, "" being that of all.
func SaveChat(ctx context.Context, tx *sql.Tx, repository int64, text string, notices []Notice, now, old time.Time) (open []string, err error) {
	fail := func(err error) ([]string, error) {
		return nil, fmt.Errorf("save what is to be said about repository %d: %w", repository, err)
	}
	if text != "" {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO chat_post (repository, text, shown, post, tried_at) VALUES ($1, $2, '', '', 0)
			ON CONFLICT (repository) DO UPDATE SET text = excluded.text`, repository, text); err != nil {
			return fail(err)
		}
	}
	for _, n := range notices {
		sent := int64(0)
		if n.At.Before(old) {
			sent = now.UnixMilli()
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO chat_notice (repository, name, target, at, text, tried_at, sent_at) VALUES ($1, $2, $3, $4, $5, 0, $6)
			ON CONFLICT (repository, name) DO NOTHING`, repository, n.Name, n.Target, n.At.UnixMilli(), n.Text, sent); err != nil {
			return fail(err)
		}
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT target FROM chat_notice WHERE repository = $1 AND sent_at = 0
		UNION SELECT '' FROM chat_post WHERE repository = $1 AND shown <> text ORDER BY 1`, repository)
	if err != nil {
		return fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		var target string
		if err := rows.Scan(&target); err != nil {
			return fail(err)
		}
		open = append(open, target)
	}
	if err := rows.Err(); err != nil {
		return fail(err)
	}
	return open, nil
}

// Chat reads what is to be said about a repository in the channel of a target, "" being
// that of all, which alone has a post of it: that, and at most so many notices that
// were not sent, the first ones first.
func (s *Store) Chat(ctx context.Context, repository int64, target string, most int) (post ChatPost, notices []Notice, err error) {
	var tried int64
	err = s.read.QueryRowContext(ctx, `SELECT text, shown, post, tried_at FROM chat_post WHERE repository = $1 AND $2 = ''`, repository, target).
		Scan(&post.Text, &post.Shown, &post.Post, &tried)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return post, nil, fmt.Errorf("read the post about repository %d: %w", repository, err)
	}
	post.Tried = moment(tried)
	rows, err := s.read.QueryContext(ctx, `
		SELECT name, at, text, tried_at FROM chat_notice
		WHERE repository = $1 AND target = $2 AND sent_at = 0 ORDER BY at, name LIMIT $3`, repository, target, most)
	if err != nil {
		return post, nil, fmt.Errorf("read what is to be said about repository %d: %w", repository, err)
	}
	defer rows.Close()
	for rows.Next() {
		n := Notice{Target: target}
		var at int64
		if err := rows.Scan(&n.Name, &at, &n.Text, &tried); err != nil {
			return post, nil, fmt.Errorf("read what is to be said about repository %d: %w", repository, err)
		}
		n.At, n.Tried = time.UnixMilli(at), moment(tried)
		notices = append(notices, n)
	}
	if err := rows.Err(); err != nil {
		return post, nil, fmt.Errorf("read what is to be said about repository %d: %w", repository, err)
	}
	return post, notices, nil
}

// moment is a time that is kept in milliseconds, 0 being none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// NoticeTried keeps that a notice is about to be sent, and NoticeSent that it was.
func (s *Store) NoticeTried(ctx context.Context, repository int64, name string, now time.Time) error {
	return s.chat(ctx, `UPDATE chat_notice SET tried_at = $3 WHERE repository = $1 AND name = $2`, repository, name, now.UnixMilli())
}

// NoticeSent keeps that a notice was sent.
func (s *Store) NoticeSent(ctx context.Context, repository int64, name string, now time.Time) error {
	return s.chat(ctx, `UPDATE chat_notice SET sent_at = $3 WHERE repository = $1 AND name = $2`, repository, name, now.UnixMilli())
}

// ChatPostTried keeps that the post about a repository is about to be made.
func (s *Store) ChatPostTried(ctx context.Context, repository int64, now time.Time) error {
	return s.chat(ctx, `UPDATE chat_post SET tried_at = $2 WHERE repository = $1`, repository, now.UnixMilli())
}

// ChatPostShown keeps which post it is, and what it says.
func (s *Store) ChatPostShown(ctx context.Context, repository int64, post, shown string) error {
	return s.chat(ctx, `UPDATE chat_post SET post = $2, shown = $3 WHERE repository = $1`, repository, post, shown)
}

func (s *Store) chat(ctx context.Context, query string, args ...any) error {
	return s.Write(ctx, "record what was said in chat", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}
