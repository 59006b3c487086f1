package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ErrAuditCut says that a repository's audit log no longer holds what was
// published of it: it was cut or written anew.
var ErrAuditCut = errors.New("the audit log no longer holds the head that was published last")

// NoteHead keeps the head of a repository's audit log that was just published.
// A longer one takes the place of the last, and only if the log still holds that
// one: else NoteHead fails with [ErrAuditCut] and keeps what was there, so that
// whoever cut a log cannot have that forgotten by publishing on.
func NoteHead(ctx context.Context, tx *sql.Tx, repository int64, head Head) error {
	if err := noteHead(ctx, tx, repository, head); err != nil {
		return fmt.Errorf("note the published head of the audit log of repository %d: %w", repository, err)
	}
	return nil
}

func noteHead(ctx context.Context, tx *sql.Tx, repository int64, head Head) error {
	if head.Length < 1 {
		return nil // there is nothing yet that could be cut
	}
	var noted Head
	var hash sql.NullString
	err := tx.QueryRowContext(ctx, `
		SELECT h.length, h.hash, a.hash FROM audit_head h LEFT JOIN audit a ON a.repository = h.repository AND a.seq = h.length
		WHERE h.repository = $1`, repository).Scan(&noted.Length, &noted.Hash, &hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	case hash.String != noted.Hash:
		return ErrAuditCut
	case head.Length <= noted.Length:
		return nil
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO audit_head (repository, length, hash) VALUES ($1, $2, $3)
		ON CONFLICT (repository) DO UPDATE SET length = excluded.length, hash = excluded.hash`, repository, head.Length, head.Hash)
	return err
}

// ParseHead reads a head as its String writes it; ok is false if it is none.
func ParseHead(text string) (head Head, ok bool) {
	length, hash, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(length, 10, 64)
	if err != nil || n < 1 || len(hash) != 64 {
		return Head{}, false
	}
	return Head{Length: n, Hash: hash}, true
}

// behindSource is the source of the entry about a published head that the log does
// not hold.
func behindSource(head Head) string { return "head/" + head.String() }

// HoldsHead tells whether a repository's audit log holds a published head, or
// somebody confirmed that it does not need to ([NoteBehind]).
//
// One that another repository's log holds is on record, too: GitHub answers by
// name, and who has two repositories may have them change names while one is
// looked at. That must not hold everything.
func (s *Store) HoldsHead(ctx context.Context, repository int64, head Head) (bool, error) {
	for _, held := range []struct {
		query string
		args  []any
	}{
		{`repository = $1 AND (seq = $2 AND hash = $3 OR source = $4 AND kind = 'behind')`, []any{repository, head.Length, head.Hash, behindSource(head)}},
		{`seq = $1 AND hash = $2`, []any{head.Length, head.Hash}}, // reads the whole log, which happens when all is about to be held
	} {
		var n int
		if err := s.Read().QueryRowContext(ctx, `SELECT COUNT(*) FROM audit WHERE `+held.query, held.args...).Scan(&n); err != nil {
			return false, fmt.Errorf("look for a published head in the audit log of repository %d: %w", repository, err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return s.partOfWhatIsMissing(ctx, repository, head)
}

// partOfWhatIsMissing tells whether a head is of no longer a log than one that is
// known to be missing: gates of one onboarding were published at different times.
func (s *Store) partOfWhatIsMissing(ctx context.Context, repository int64, head Head) (bool, error) {
	sources, err := column[string](ctx, s.Read(), `SELECT source FROM audit WHERE repository = $1 AND kind = 'behind'`, repository)
	if err != nil {
		return false, fmt.Errorf("read what is missing in the audit log of repository %d: %w", repository, err)
	}
	for _, source := range sources {
		if known, ok := ParseHead(strings.TrimPrefix(source, "head/")); ok && head.Length <= known.Length {
			return true, nil
		}
	}
	return false, nil
}

// NoteBehind keeps that a repository's audit log does not hold a published head:
// the database is older than GitHub's record, or was changed. Until somebody
// confirms that, it counts as restored ([Store.Restored]; S22).
func NoteBehind(ctx context.Context, tx *sql.Tx, repository int64, head Head, now time.Time) error {
	_, err := Append(ctx, tx, Entry{Repository: repository, At: now, Kind: "behind", Source: behindSource(head), Version: head.Hash})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO restored (at) VALUES ($1) ON CONFLICT (at) DO NOTHING`, now.UnixMilli()); err != nil {
		return fmt.Errorf("hold the database, whose audit log of repository %d is behind GitHub's record: %w", repository, err)
	}
	return nil
}

// AuditHeads returns the present head of each repository's audit log.
func (s *Store) AuditHeads(ctx context.Context) (map[int64]Head, error) {
	rows, err := s.Read().QueryContext(ctx, `
		SELECT a.repository, a.seq, a.hash FROM audit a
		JOIN (SELECT repository, MAX(seq) AS seq FROM audit GROUP BY repository) last ON last.repository = a.repository AND last.seq = a.seq`)
	if err != nil {
		return nil, fmt.Errorf("read the heads of the audit logs: %w", err)
	}
	defer rows.Close()
	heads := map[int64]Head{}
	for rows.Next() {
		var repository int64
		var head Head
		if err := rows.Scan(&repository, &head.Length, &head.Hash); err != nil {
			return nil, fmt.Errorf("read the heads of the audit logs: %w", err)
		}
		heads[repository] = head
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the heads of the audit logs: %w", err)
	}
	return heads, nil
}

// Heads are published heads of audit logs by repository, several of each if
// need be.
type Heads map[int64][]Head

// maxHeads is how many heads ParseHeads reads at most.
const maxHeads = 1_000_000

var headLine = regexp.MustCompile(`^([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t]+([0-9a-f]{64})$`)

// ParseHeads reads published heads, one on a line: the repository's id, the
// length and the hash, as "123456 12 3f2a…". Empty lines and lines that begin
// with # are left out. It fails at the first line that is none of these.
func ParseHeads(r io.Reader) (Heads, error) {
	heads := Heads{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := headLine.FindStringSubmatch(line)
		if parts == nil {
			return nil, fmt.Errorf(`line %d: want a repository's id, a length and a hash of 64 hex digits, as "123456 12 3f2a…"`, n)
		}
		repository, _ := strconv.ParseInt(parts[1], 10, 64) // at most 18 digits, which always fit
		length, _ := strconv.ParseInt(parts[2], 10, 64)
		if length == 0 {
			return nil, fmt.Errorf("line %d: no log of length 0 has a hash", n)
		}
		if n > maxHeads {
			return nil, fmt.Errorf("there are more than %d lines", maxHeads)
		}
		heads[repository] = append(heads[repository], Head{Length: length, Hash: parts[3]})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read published heads: %w", err)
	}
	return heads, nil
}

// notedHeads returns the heads that NoteHead kept.
func notedHeads(ctx context.Context, q queryer) (Heads, error) {
	rows, err := q.QueryContext(ctx, `SELECT repository, length, hash FROM audit_head`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heads := Heads{}
	for rows.Next() {
		var repository int64
		var head Head
		if err := rows.Scan(&repository, &head.Length, &head.Hash); err != nil {
			return nil, err
		}
		heads[repository] = append(heads[repository], head)
	}
	return heads, rows.Err()
}
